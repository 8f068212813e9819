import { expect, test } from 'vitest'
import type { Outcome } from '../../src/channel.ts'
import { MAX_ATTEMPTS, recordOf } from '../../src/deliver/deliver.ts'
import { readRetryAfter } from '../../src/push/post.ts'
import { judge } from '../../src/push/push.ts'

/** How long until the next attempt; undefined when there is none. */
function delayBeforeRetry(attempts: number, outcome: Outcome): number | undefined {
  const at: unknown = recordOf(attempts, outcome, 0).$set?.nextAttemptAt
  return at instanceof Date ? at.getTime() : undefined
}

const answer = (status: number) => judge('push.example', { status, text: '' })

test.each([200, 201, 202])('%d: sent', (status) => {
  expect(answer(status)).toEqual({ outcome: { kind: 'sent' } })
})

test.each([404, 410])('%d: the subscription is gone', (status) => {
  expect(answer(status)).toMatchObject({ outcome: { kind: 'failed' }, gone: true })
})

test.each([400, 401, 403])('%d: the configuration is wrong, the subscription stays', (status) => {
  const verdict = answer(status)
  expect(verdict).toMatchObject({ outcome: { kind: 'failed' }, misconfigured: true })
  expect(verdict.gone).toBeUndefined()
})

test.each([408, 429, 500, 502, 503, 504])('%d: worth another try', (status) => {
  expect(answer(status)).toMatchObject({
    outcome: { kind: 'retry', reason: `push.example answered ${status}` },
  })
})

test.each([301, 307, 405, 413])('%d: not tried again, nothing deleted', (status) => {
  expect(answer(status)).toEqual({ outcome: { kind: 'failed', reason: `push.example answered ${status}` } })
})

test('what the service said is kept, as one short printable line', () => {
  const { outcome } = judge('push.example', {
    status: 403,
    text: `{"reason":\n"BadJwtToken"}\x1b[31m${'x'.repeat(500)}`,
  })
  expect(outcome).toMatchObject({
    reason: expect.stringMatching(/^push\.example answered 403: \{"reason": "BadJwtToken"\} \[31mx+$/),
  })
  expect('reason' in outcome && outcome.reason.length).toBeLessThan(200)
})

test('Retry-After is read as seconds and as a date', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  expect(readRetryAfter('120', now)).toBe(120_000)
  expect(readRetryAfter('Thu, 01 Jan 2026 00:00:30 GMT', now)).toBe(30_000)
  expect(readRetryAfter('Thu, 01 Jan 2020 00:00:00 GMT', now)).toBe(0)
  expect(readRetryAfter('soon', now)).toBeUndefined()
  expect(readRetryAfter(undefined, now)).toBeUndefined()
})

test('attempts come further and further apart, six in all', () => {
  const again = { kind: 'retry', reason: '' } as const
  const delays = [1, 2, 3, 4, 5].map((attempts) => delayBeforeRetry(attempts, again) ?? 0)
  const least = [1_000, 5_000, 25_000, 125_000, 625_000]
  delays.forEach((delay, index) => {
    expect(delay).toBeGreaterThanOrEqual(least[index] ?? Number.NaN)
    expect(delay).toBeLessThanOrEqual((least[index] ?? Number.NaN) * 1.2)
  })
  expect(MAX_ATTEMPTS).toBe(6)
  expect(delayBeforeRetry(6, again)).toBeUndefined()
})

test('a wish to wait longer is kept, up to a day', () => {
  const wait = (afterMs: number) => delayBeforeRetry(1, { kind: 'retry', reason: '', afterMs }) ?? 0
  expect(wait(60_000)).toBeGreaterThanOrEqual(60_000)
  expect(wait(60_000)).toBeLessThanOrEqual(72_000)
  expect(wait(10)).toBeGreaterThanOrEqual(1_000)
  expect(wait(1e12)).toBeLessThanOrEqual(1.2 * 86_400_000)
})
