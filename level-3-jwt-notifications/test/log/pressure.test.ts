import { createLimit } from '@levels/shared/server/limits.ts'
import { Types } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../../src/config.ts'
import type { NotificationPage } from '../../src/events.ts'
import type { Publication } from '../../src/log/publish.ts'
import { newPerson, type Person } from '../support/person.ts'
import { serverForAll, type TestServer } from '../support/server.ts'
import { connectTab } from '../support/tab.ts'

const entry = (userId: string, more?: Partial<Publication>): Publication => ({
  userId,
  type: 'system',
  title: 'x',
  message: 'm',
  ...more,
})

/** Puts entries into a person's log without the server's help. */
async function fill({ models }: TestServer, { id }: Person, count: number, message = 'm'): Promise<void> {
  const userId = new Types.ObjectId(id)
  const entries = Array.from({ length: count }, (_, index) => {
    return { userId, seq: index + 1, type: 'system' as const, title: 't', message, createdAt: new Date() }
  })
  for (let start = 0; start < count; start += 500) {
    await models.Notification.insertMany(entries.slice(start, start + 500))
  }
}

describe('a user’s log under pressure', () => {
  const server = serverForAll({ config: { limits: {} } })

  it('is not called busy when more than 50 of a batch are stored already: they come back', async () => {
    const userId = new Types.ObjectId().toHexString()
    const batch = Array.from({ length: 60 }, () => entry(userId, { id: new Types.ObjectId().toHexString() }))
    const stored = await server().publish(batch)
    expect(await server().publish(batch)).toEqual(stored)
  })

  it('stores what others send when one entry cannot be stored', async () => {
    const userId = new Types.ObjectId().toHexString()
    const loop: Record<string, unknown> = {}
    loop.self = loop
    const results = await Promise.allSettled([
      server().publish([entry(userId)]), // alone in the first insert: the others wait, and share the next one
      server().publish([entry(userId)]),
      server().publish([entry(userId, { metadata: loop })]),
      server().publish([entry(userId)]),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
    expect(await server().models.Notification.countDocuments({ userId })).toBe(3)
  })

  it('takes 60 notifications a minute from one user, and says when it takes the next', async () => {
    const person = await newPerson(server())
    const send = () => person.api('POST', '/api/notifications', { to: 'me', title: 't', message: 'm' })
    for (let n = 0; n < 60; n++) expect((await send()).status).toBe(201)
    const { status, body, headers } = await send()
    expect([status, body.code]).toEqual([429, 'rate_limited'])
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    const other = await newPerson(server())
    expect((await other.send('me', 'not my limit')).seq).toBe(1)
  })

  it('takes 10 requests at once from one user, and the next when one of them is done', async () => {
    const limited = createLimit('notifications', defaultLimits.notifications)
    const underWay: (() => void)[] = []
    const work = () => new Promise<void>((resolve) => underWay.push(resolve))
    const ten = Array.from({ length: 10 }, () => limited('alice', work))
    await expect(limited('alice', work)).rejects.toMatchObject({
      status: 429,
      headers: { 'retry-after': '1' },
    })
    await expect.poll(() => underWay.length).toBe(10)
    const bobs = limited('bob', work) // another user's
    underWay[0]?.()
    await ten[0]
    const next = limited('alice', work)
    await expect.poll(() => underWay.length).toBe(12)
    for (const finish of underWay) finish()
    await Promise.all([...ten, bobs, next])
  })

  it('does not count what fails against its user', async () => {
    const limited = createLimit('notifications', { perMinute: 1, atOnce: 1 })
    await expect(limited('alice', () => Promise.reject(new Error('away')))).rejects.toThrow('away')
    await limited('alice', async () => undefined)
    await expect(limited('alice', async () => undefined)).rejects.toMatchObject({ status: 429 })
  })

  it.each(['limit=0x10', 'limit=1e1', 'limit=', 'before=0x2', 'limti=5'])(
    'refuses a list with %s',
    async (query) => {
      const { status, body } = await (await newPerson(server())).api('GET', `/api/notifications?${query}`)
      expect([status, body.code]).toEqual([400, 'bad_payload'])
    },
  )

  it('counts unread ones up to 999: 1000 means more', async () => {
    const person = await newPerson(server())
    await fill(server(), person, 1_200)
    const { body } = await person.api('GET', '/api/notifications?limit=1')
    expect(body.unread).toBe(1_000)
    expect((await person.api('POST', '/api/notifications/mark-all-read')).body.upTo).toBe(1_200)
    expect((await person.api('GET', '/api/notifications?limit=1')).body.unread).toBe(0)
    expect((await person.api('DELETE', '/api/notifications?read=true')).body).toEqual({ deleted: 1_200 })
  })

  it('ends a page of long notifications before it is too much for a socket', async () => {
    const person = await newPerson(server())
    await fill(server(), person, 100, 'x'.repeat(12_000))
    const pages: number[] = []
    for (let before: number | null = 101; before !== null; ) {
      const { body } = await person.api('GET', `/api/notifications?limit=100&before=${before}`)
      const { items, nextBefore } = body as unknown as NotificationPage
      expect(JSON.stringify(items).length).toBeLessThan(300_000)
      pages.push(items.length)
      before = nextBefore
    }
    expect(pages.reduce((sum, count) => sum + count)).toBe(100)
  })

  it('is sent to a page no faster than the page reads it, and completely', async () => {
    const person = await newPerson(server())
    await fill(server(), person, 1_000, 'x'.repeat(12_000))
    const tab = connectTab(server().url, { token: person.token, after: 0 })
    const webSocket = () =>
      (tab.socket.io.engine.transport as unknown as { ws: { pause(): void; resume(): void } }).ws
    await tab.next('notifications:initial')
    webSocket().pause()
    const mine = () => [...server().io.sockets.sockets.values()].find(({ data }) => data.id === person.id)
    // It stands still when what is on its way fills the buffers of both systems.
    let before: number | undefined = -1
    await expect
      .poll(
        () => {
          const now = mine()?.data.cursor
          const standsStill = now === before && now !== 0
          before = now
          return standsStill
        },
        { interval: 300 },
      )
      .toBe(true)
    expect(before).toBeLessThan(1_000)
    const transport = mine()?.conn.transport as unknown as { socket: { bufferedAmount: number } } | undefined
    expect(transport?.socket.bufferedAmount).toBeLessThan(1_048_576)
    webSocket().resume()
    await tab.next('notifications:missed', ({ more }) => !more)
    const shown = tab.heard('notifications:missed').flatMap(({ items }) => items.map(({ seq }) => seq))
    expect(shown).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 1))
    expect(tab.heard('session:ready')).toHaveLength(1) // the same connection all the time
  })
})
