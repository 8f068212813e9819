import { expect, test } from 'vitest'
import type { Account } from '../support/account.ts'
import { startPushStack } from '../support/push-stack.ts'
import { until } from '../support/until.ts'

const { service, stack } = await startPushStack()
const { host } = new URL(service.origin)

const path = '/api/push/subscriptions'
const save = (account: Account, body: unknown = service.subscribe()) => account.call('POST', path, body)

test('which of the browsers this session saved, and what became of its last push, is told', async () => {
  const laptop = await stack.register()
  const phone = await laptop.signInAgain()
  const broken = service.subscribe()
  await save(laptop, broken)
  await save(phone)
  broken.setBehaviour({ answer: 413 })
  const test = await laptop.call('POST', '/api/push/test')
  expect(test.status).toBe(202)
  const items = await until('both answered', async () => {
    const { body } = await laptop.call('GET', path)
    return (
      body.items.every(({ lastPush }: { lastPush?: { state: string } }) => lastPush?.state !== 'pending') &&
      body.items
    )
  })
  expect(items).toMatchObject([
    { current: false, service: host, lastPush: { id: test.body.id, state: 'sent' } },
    { current: true, lastPush: { state: 'failed', error: `${host} answered 413` } },
  ])
})

test('a test message arrives whatever was seen, at one browser if one is named', async () => {
  const alice = await stack.register()
  await save(alice)
  const { endpoint } = (await save(alice)).body
  service.messages.length = 0
  const { status, body } = await alice.call('POST', '/api/push/test', { endpoint })
  expect(status).toBe(202)
  await service.waitForMessages(1)
  expect(service.messages).toMatchObject([{ endpoint, ttl: 60, urgency: 'high' }])
  expect(JSON.parse(service.messages[0]?.plaintext ?? '')).toEqual({
    id: body.id,
    seq: 0,
    type: 'system',
    title: 'Push works',
    message: expect.any(String),
    url: '/',
    unread: 0,
  })
  expect(await alice.call('POST', '/api/push/test', { endpoint })).toMatchObject({ status: 429 })
  const result = await alice.call('GET', `/api/push/test/${body.id}`)
  expect(result.body.items).toMatchObject([{ service: host, gone: false }])
})

test('without a browser there is nothing to test', async () => {
  const alice = await stack.register()
  expect(await alice.call('POST', '/api/push/test')).toMatchObject({
    status: 409,
    body: { code: 'no_subscription' },
  })
})
