import { afterAll, describe, expect, it } from 'vitest'
import { newPerson } from '../support/person.ts'
import { serverForAll, startServer, type TestServer } from '../support/server.ts'

describe('events from the page', () => {
  const server = serverForAll()

  it('do what REST does, and every tab sees it', async () => {
    const person = await newPerson(server())
    const [acting, watching] = [await person.tab(), await person.tab()]
    const [one, two] = [await person.send('me', 'one'), await person.send('me', 'two')]

    const read = await acting.ask('notification:mark-read', { id: one.id })
    expect(read).toMatchObject({ ok: true, data: { id: one.id, readAt: expect.any(String) } })
    expect((await watching.next('notification:updated')).id).toBe(one.id)
    const unread = await acting.ask('notification:mark-read', { id: one.id, read: false })
    expect(unread.ok && unread.data).not.toHaveProperty('readAt')

    expect(await acting.ask('notifications:fetch', { limit: 1, unread: true })).toEqual({
      ok: true,
      data: { items: [two], unread: 2, nextBefore: 2 },
    })
    expect(await acting.ask('notification:delete', { id: two.id })).toEqual({
      ok: true,
      data: { id: two.id, seq: 2 },
    })
    expect(await watching.next('notification:deleted')).toEqual({ id: two.id, seq: 2 })
    const all = await acting.ask('notifications:mark-all-read', {})
    expect(all).toEqual({ ok: true, data: { upTo: 2, readAt: expect.any(String) } })
    expect(await watching.next('notifications:all-read')).toMatchObject({ upTo: 2 })
    await watching.next('unread', ({ count }) => count === 0)
  })
})

describe('an instance with a name', () => {
  let server: TestServer | undefined
  afterAll(() => server?.close())

  it('says it to its sockets and in /readyz', async () => {
    server = await startServer({ instance: 'app7' })
    const person = await newPerson(server)
    const tab = await person.tab()
    expect((await tab.next('session:ready')).instance).toBe('app7')
    expect((await person.api('GET', '/readyz')).body).toEqual({
      status: 'ready',
      checks: { mongo: 'up' },
      instance: 'app7',
    })
  })
})
