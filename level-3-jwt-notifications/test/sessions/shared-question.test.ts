import { createSecretKey } from 'node:crypto'
import { type Model, Types } from 'mongoose'
import { expect, it, vi } from 'vitest'
import type { UserDoc } from '../../src/sessions/models.ts'
import { createIdentify, createPeople, createRequireAlive, type People } from '../../src/sessions/people.ts'
import { createAccessTokens } from '../../src/sessions/sessions.ts'

/** A database of sessions that answers when it is told to. */
function slowDatabase(alive: Set<string>) {
  const queries: { sids: readonly string[]; answer(): void; fail(error: Error): void }[] = []
  const living = (sids: readonly string[]) =>
    new Promise<Set<string>>((resolve, reject) => {
      const found = new Set(sids.filter((sid) => alive.has(sid)))
      queries.push({ sids, answer: () => resolve(found), fail: reject })
    })
  const settled = () => new Promise((resolve) => setImmediate(resolve))
  return { living, queries, settled }
}

it('many who ask at once share one query, and none gets an answer older than the question', async () => {
  const alive = new Set(['a', 'b'])
  const { living, queries, settled } = slowDatabase(alive)
  const requireAlive = createRequireAlive(living)
  const first = requireAlive('a')
  await settled()
  alive.delete('a') // signed out while the first query is under way
  const later = Promise.allSettled([requireAlive('a'), requireAlive('b'), requireAlive('a')])
  await settled()
  expect(queries.map(({ sids }) => sids)).toEqual([['a']])
  queries[0]?.answer()
  await first
  await settled()
  expect(queries[1]?.sids).toEqual(['a', 'b'])
  queries[1]?.answer()
  expect((await later).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected'])
})

it('a query that fails is told to those who shared it, and the next one is asked anew', async () => {
  const { living, queries, settled } = slowDatabase(new Set(['a']))
  const requireAlive = createRequireAlive(living)
  const asked = Promise.allSettled([requireAlive('a'), requireAlive('a')])
  await settled()
  queries[0]?.fail(new Error('away'))
  expect((await asked).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  const again = requireAlive('a')
  await settled()
  queries[1]?.answer()
  await again
})

it('a token that was verified once is refused when it has ended, all the same', async () => {
  const tokens = createAccessTokens(createSecretKey(Buffer.alloc(32)), 900)
  const verify = vi.fn(tokens.verify)
  const people = { userOf: async () => ({ id: '1', username: 'alice', role: 'user' }) } as unknown as People
  const identify = createIdentify({ ...tokens, verify }, async () => undefined, people)
  const { token } = tokens.issue({ userId: '1'.repeat(24), sid: crypto.randomUUID(), role: 'user' })
  await identify(token)
  await identify(token)
  expect(verify).toHaveBeenCalledTimes(1)
  vi.useFakeTimers({ now: Date.now() + 900_000, toFake: ['Date'] })
  try {
    await expect(identify(token)).rejects.toMatchObject({ code: 'token_expired' })
  } finally {
    vi.useRealTimers()
  }
})

it('who is asked about in the very moment in which the memory of them ends is not taken for gone', async () => {
  const [id, clock] = ['0123456789abcdef01234567', vi.spyOn(Date, 'now').mockReturnValue(0)]
  const users = [{ _id: new Types.ObjectId(id), username: 'alice' }]
  const people = createPeople({ find: () => ({ lean: async () => users }) } as unknown as Model<UserDoc>)
  const ask = () => people.userOf({ userId: id, sid: 's', role: 'user', expiresAt: 900_000 })
  await ask()
  clock.mockReturnValueOnce(59_999).mockReturnValue(60_001)
  expect(await ask()).toEqual({ id, username: 'alice', role: 'user' })
  clock.mockRestore()
})

it('a name that another instance gave to a new account is found to be the new one’s, a second later', async () => {
  const [found, clock] = [
    { _id: new Types.ObjectId(), username: 'alice' },
    vi.spyOn(Date, 'now').mockReturnValue(0),
  ]
  const people = createPeople({ find: () => ({ lean: async () => [found] }) } as unknown as Model<UserDoc>)
  await people.named('alice')
  found._id = new Types.ObjectId()
  clock.mockReturnValue(1_001)
  expect((await people.named('alice')).id).toBe(found._id.toHexString())
  clock.mockRestore()
})
