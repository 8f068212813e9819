import { startEmbeddedMongo } from '@levels/embedded-mongo'
import { addressOf } from '@levels/shared/server/attempts.ts'
import { createFairLine } from '@levels/shared/server/fair-line.ts'
import { HttpError } from '@levels/shared/server/http-error.ts'
import { connectDatabase } from '@levels/shared/server/mongo.ts'
import type { Connection } from 'mongoose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createGuard, type Guard } from '../../src/sessions/guard.ts'

/** Attempts without a password: what hashing takes is no part of the rule. */
describe('a crowd that signs in', () => {
  const logged: string[] = []
  let db: Connection
  let guard: Guard
  let end = async () => undefined as unknown

  beforeAll(async () => {
    const mongo = await startEmbeddedMongo()
    db = await connectDatabase(mongo.uri)
    guard = await createGuard(db, { production: false, log: { warn: (line) => logged.push(line) } })
    end = () => db.close().then(mongo.close)
  })
  afterAll(() => end())

  const succeeds = async () => 'in'
  const fails = (code: string) => async () => {
    throw new HttpError(code === 'username_taken' ? 409 : 401, code, 'no')
  }
  const outcome = (attempt: Promise<unknown>) => attempt.catch((error: HttpError) => error.code)
  const guess = (name: string, ip: string) => outcome(guard.login(name, ip, fails('invalid_credentials')))

  it('of 40 in one room registers and signs in, all at once, and nobody is refused', async () => {
    const names = Array.from({ length: 40 }, (_, n) => `room-of-40-${n}`)
    for (const what of ['registration', 'login'] as const) {
      const outcomes = await Promise.all(names.map((name) => guard[what](name, '10.1.1.1', succeeds)))
      expect(new Set(outcomes)).toEqual(new Set(['in']))
    }
  })

  it('counts what is under way: 30 guesses at once are 10 guesses', async () => {
    const outcomes = await Promise.all(Array.from({ length: 30 }, () => guess('victim', '10.1.2.1')))
    expect(outcomes.filter((code) => code === 'invalid_credentials')).toHaveLength(10)
    expect(outcomes.filter((code) => code === 'rate_limited')).toHaveLength(20)
    expect(logged).toEqual([expect.stringContaining('username "victim" is locked')])
  })

  it('counts all addresses of one IPv6 network as one', async () => {
    await guess('nobody-there', '2001:db8:1:2::1')
    const counts = db.collection('ratelimits')
    await counts.updateOne({ key: 'login:ip:2001:db8:1:2::/64' }, { $set: { points: 100 } })
    expect(await guess('nobody-at-all', '2001:db8:1:2:ffff::9')).toBe('rate_limited')
    expect(await guess('nobody-at-all', '2001:db8:1:3::1')).toBe('invalid_credentials')
  })

  it('that finds its names taken counts apart from those who register', async () => {
    await guard.registration('the-first', '10.1.3.1', succeeds)
    await outcome(guard.registration('the-first', '10.1.3.1', fails('username_taken')))
    const counts = db.collection('ratelimits')
    const pointsOf = async (key: string) => (await counts.findOne({ key }))?.points
    expect(await pointsOf('register:ip:10.1.3.1')).toBe(1)
    expect(await pointsOf('register:taken:10.1.3.1')).toBe(1)
  })
})

describe('addresses', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['2001:db8:aa:bb:1:2:3:4', '2001:db8:aa:bb::/64'],
    ['::1', '::/64'],
    ['nonsense', 'unknown'],
  ])('%s counts as %s', (ip, counted) => expect(addressOf(ip)).toBe(counted))
})

describe('the line', () => {
  const options = { running: 1, waiting: 10, waitingPerAddress: 6, patienceMs: 10_000 }

  it('gives the next turn to the address, then the name, that waited since its last one', async () => {
    const line = createFairLine(options)
    const done: string[] = []
    const come = (address: string, name: string) => line(address, name, async () => void done.push(name))
    await Promise.all([
      ...['a1', 'a1', 'a1', 'a2'].map((name) => come('a', name)),
      ...['b1', 'b1'].map((name) => come('b', name)),
    ])
    expect(done).toEqual(['a1', 'b1', 'a2', 'b1', 'a1', 'a1'])
  })

  it('refuses whoever is too many, and whoever waited too long, with a time to come back', async () => {
    const line = createFairLine({ ...options, waitingPerAddress: 1, patienceMs: 20 })
    let finish: () => void = () => undefined
    const first = line('a', 'x', () => new Promise<void>((resolve) => (finish = resolve)))
    const waits = line('a', 'x', async () => undefined)
    const busy = { status: 503, code: 'busy', headers: { 'retry-after': expect.any(String) } }
    await expect(line('a', 'x', async () => undefined)).rejects.toMatchObject(busy)
    await expect(waits).rejects.toMatchObject(busy)
    finish()
    await first
    await expect(line('a', 'x', async () => 'its turn')).resolves.toBe('its turn')
  })

  it('that never ends gives another turn in the end, and does not remember every turn before', async () => {
    const line = createFairLine({ running: 1, waiting: 2, waitingPerAddress: 2, patienceMs: 60_000 })
    let others = 0
    // Each of them comes while the one before has its turn. None had one, so each goes first.
    const other = async (): Promise<void> => {
      if (others < 20_000) void line(`10.2.0.${others++}`, 'another', other)
    }
    void line('10.1.9.1', 'alice', other)
    await line('10.1.9.1', 'alice', async () => undefined)
    expect(others).toBeGreaterThan(1_000)
    expect(others).toBeLessThan(10_000)
  })
})
