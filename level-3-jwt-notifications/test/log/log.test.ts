import { Types } from 'mongoose'
import { afterAll, describe, expect, it } from 'vitest'
import type { DeliveryChannel, Publication } from '../../src/log/publish.ts'
import { newPerson } from '../support/person.ts'
import { serverForAll, startServer, type TestServer } from '../support/server.ts'

const entry = (userId: string, title = 'x'): Publication => ({ userId, type: 'system', title, message: 'm' })
const newUserId = () => new Types.ObjectId().toHexString()

/** The numbers in a user's log, as they stand in the database. */
async function numbers({ models }: TestServer, userId: string): Promise<number[]> {
  const entries = await models.Notification.find({ userId }, { seq: 1 }).sort({ seq: 1 }).lean()
  return entries.map(({ seq }) => seq)
}

const upTo = (end: number) => Array.from({ length: end }, (_, index) => index + 1)

describe('a user’s log', () => {
  const server = serverForAll()

  it('is numbered 1, 2, 3 … in the order of publishing', async () => {
    const userId = newUserId()
    const stored = await server().publish(upTo(5).map((n) => entry(userId, `number ${n}`)))
    expect(stored.map(({ notification: { seq, title } }) => [seq, title])).toEqual(
      upTo(5).map((n) => [n, `number ${n}`]),
    )
    expect(await numbers(server(), userId)).toEqual(upTo(5))
  })

  it('has no gap and no number twice when many write to many at once', async () => {
    const userIds = [newUserId(), newUserId(), newUserId()]
    const published = await Promise.all(
      upTo(150).map((n) => server().publish([entry(userIds[n % 3] ?? '', `${n}`)])),
    )
    for (const userId of userIds) expect(await numbers(server(), userId)).toEqual(upTo(50))
    const given = published.flat().map(({ userId, notification: { seq } }) => `${userId} ${seq}`)
    expect(new Set(given).size).toBe(150)
  })

  it('keeps the number of what was deleted, also of the last, also after a restart', async () => {
    const person = await newPerson(server())
    await person.send('me', 'first')
    const last = await person.send('me', 'last')
    expect((await person.api('DELETE', `/api/notifications/${last.id}`)).status).toBe(204)
    const restarted = await startServer({ mongoUri: server().mongoUri })
    const [next] = await restarted.publish([entry(person.id)])
    await restarted.close()
    expect(next?.notification.seq).toBe(3)
  })

  it('of a deleted entry keeps the number and nothing that was in it', async () => {
    const person = await newPerson(server())
    const { id } = await person.send('me', 'secret title', { metadata: { secret: 1 }, actionUrl: '/secret' })
    await person.api('DELETE', `/api/notifications/${id}`)
    const stored = await server().models.Notification.findById(id).lean()
    expect(JSON.stringify(stored)).not.toContain('secret')
    expect(stored).toMatchObject({ seq: 1, deletedAt: expect.any(Date) })
  })

  it('stores an id that was chosen ahead once, and gives back what is stored', async () => {
    const [userId, id] = [newUserId(), newUserId()]
    const results = await Promise.all(
      upTo(6).map((n) => server().publish([{ ...entry(userId, `attempt ${n}`), id }])),
    )
    const first = results[0]?.[0]?.notification
    expect(results.flat().map(({ notification }) => notification)).toEqual(Array(6).fill(first))
    // In one insert with others: what is refused must not leave its number open behind them.
    await server().publish([{ ...entry(userId), id }, entry(userId), entry(userId)])
    expect(await numbers(server(), userId)).toEqual([1, 2, 3])
  })
})

describe('two instances on one database', () => {
  const one = serverForAll()
  let two: TestServer | undefined
  afterAll(() => two?.close())
  const both = async () => {
    two ??= await startServer({ mongoUri: one().mongoUri })
    return [one(), two] as const
  }

  it('take turns in one log without a gap', async () => {
    const instances = await both()
    const userId = newUserId()
    await Promise.all(upTo(120).map((n) => instances[n % 2]?.publish([entry(userId, `${n}`)])))
    expect(await numbers(one(), userId)).toEqual(upTo(120))
  })

  it('can both write to everyone at the same moment', async () => {
    const instances = await both()
    const userIds = upTo(60).map(newUserId)
    await Promise.all(
      instances.flatMap((instance) =>
        upTo(3).map(() => instance.publish(userIds.map((userId) => entry(userId)))),
      ),
    )
    for (const userId of userIds) expect(await numbers(one(), userId)).toEqual(upTo(6))
  })

  it('store an id that was chosen ahead once', async () => {
    const instances = await both()
    const [userId, id] = [newUserId(), newUserId()]
    await Promise.all(upTo(10).map((n) => instances[n % 2]?.publish([{ ...entry(userId), id }])))
    expect(await numbers(one(), userId)).toEqual([1])
  })
})

describe('a delivery channel', () => {
  it('hears of a notification after it was stored, in the order of its numbers', async () => {
    const heard: number[] = []
    const inDatabase: Promise<unknown>[] = []
    const channel: DeliveryChannel = {
      name: 'test',
      deliver(stored) {
        for (const { notification } of stored) {
          heard.push(notification.seq)
          inDatabase.push(server.models.Notification.exists({ _id: notification.id }).exec())
        }
      },
    }
    const server = await startServer({ channels: [channel] })
    const userId = newUserId()
    await Promise.all(upTo(40).map(() => server.publish([entry(userId)])))
    expect(heard).toEqual(upTo(40))
    expect(await Promise.all(inDatabase)).not.toContain(null)
    await server.close()
  })

  it('has its plan stored by the very insert that stores the notification', async () => {
    const channel: DeliveryChannel = {
      name: 'post',
      plan: ({ type, createdAt }) => ({ state: 'due', type, dueAt: new Date(Date.parse(createdAt) + 5_000) }),
      deliver: () => undefined,
    }
    const server = await startServer({ channels: [channel] })
    const [stored] = await server.publish([entry(newUserId())])
    const document = await server.models.Notification.findById(stored?.notification.id).lean()
    expect(document?.channels).toEqual({
      post: { state: 'due', type: 'system', dueAt: new Date(Number(document?.createdAt) + 5_000) },
    })
    expect(stored?.notification).not.toHaveProperty('channels')
    await server.close()
  })

  it('that fails keeps nothing from the others', async () => {
    const heard: string[] = []
    const server = await startServer({
      channels: [
        {
          name: 'broken',
          deliver() {
            throw new Error('out of order')
          },
        },
        { name: 'fine', deliver: (stored) => void heard.push(...stored.map(({ userId }) => userId)) },
      ],
    })
    const userId = newUserId()
    await server.publish([entry(userId)])
    expect(heard).toEqual([userId])
    expect(server.logged.join()).toContain('channel broken: Error: out of order')
    await server.close()
  })
})
