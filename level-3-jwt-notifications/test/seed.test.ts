import { expect, it } from 'vitest'
import { seed } from '../dev/seed.ts'
import { newPerson } from './support/person.ts'
import { startServer, type TestServer } from './support/server.ts'

async function seeded({ models: { User, Notification } }: TestServer): Promise<[string, number][]> {
  const users = await User.find().sort({ username: 1 }).lean()
  const counts = users.map(({ _id }) => Notification.countDocuments({ userId: _id }))
  const all = await Promise.all(counts)
  return users.map(({ username }, index) => [username, all[index] ?? 0])
}

const everybody = [
  ['admin', 3],
  ['alice', 3],
  ['bob', 3],
]

it('seeds once, however many instances start, and however often', async () => {
  const one = await startServer()
  const two = await startServer({ mongoUri: one.mongoUri })
  const [line] = await seed(one)
  expect(line).toBe('sign in as alice, bob, admin: password password123')
  await Promise.all([seed(one), seed(two)])
  expect(await seeded(one)).toEqual(everybody)
  await two.close()
  await one.close()
})

it('completes what a start that was interrupted has begun', async () => {
  const server = await startServer()
  await server.accounts.create({ username: 'alice', password: 'password123' })
  await seed(server)
  expect(await seeded(server)).toEqual(everybody)
  await server.close()
})

it('leaves a database with users of its own alone, and promises nothing', async () => {
  const server = await startServer()
  await newPerson(server, { username: 'somebody' })
  expect(await seed(server)).toEqual([])
  expect(await seeded(server)).toEqual([['somebody', 0]])
  await server.close()
})
