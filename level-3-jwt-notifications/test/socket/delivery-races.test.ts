import { describe, expect, it, vi } from 'vitest'
import { openPageLike } from '../support/page-like.ts'
import { newPerson, request } from '../support/person.ts'
import { missedBy, publishTo, upTo } from '../support/published.ts'
import { serverForAll, startServer } from '../support/server.ts'
import { connectTab, openTab } from '../support/tab.ts'

describe('delivery at bad moments', () => {
  const server = serverForAll()

  it('shows once what is stored right after the log was read for a new tab', async () => {
    const person = await newPerson(server())
    await publishTo(server(), person, 1)
    const { collection } = server().models.Notification
    const original = collection.find.bind(collection)
    const find = vi.spyOn(collection, 'find').mockImplementation((...args) => {
      const cursor = original(...args)
      const read = cursor.toArray.bind(cursor)
      cursor.toArray = async () => {
        const documents = await read()
        await publishTo(server(), person, 1) // stored, and emitted, before the answer gets to whoever asked
        return documents
      }
      return cursor
    })
    const tab = await person.tab({ after: 0 })
    find.mockRestore()
    const [end] = await publishTo(server(), person, 1)
    await tab.next('notification:new', ({ seq }) => seq === end?.notification.seq)
    const shown = new Map(
      [...missedBy(tab), ...tab.heard('notification:new')].map((one) => [one.id, one.seq]),
    )
    expect([...shown.values()].sort((a, b) => a - b)).toEqual(upTo(end?.notification.seq ?? 0))
    expect(shown.size).toBeGreaterThan(3)
  })

  it('shows as new, not in the snapshot, what is stored while the snapshot is made', async () => {
    const person = await newPerson(server())
    await publishTo(server(), person, 1)
    const { collection } = server().models.Notification
    const original = collection.find.bind(collection)
    const find = vi.spyOn(collection, 'find').mockImplementationOnce((...args) => {
      const cursor = original(...args)
      const read = cursor.toArray.bind(cursor)
      cursor.toArray = async () => {
        await publishTo(server(), person, 1)
        return read()
      }
      return cursor
    })
    const tab = await person.tab({ after: 1 })
    find.mockRestore()
    const [initial] = tab.heard('notifications:initial')
    expect(initial?.items.map(({ seq }) => seq)).toEqual([1])
    expect(initial?.upTo).toBe(1)
    expect((await tab.next('notification:new')).seq).toBe(2)
  })

  it('loses nothing that is stored while tabs connect', async () => {
    const person = await newPerson(server())
    let publishing = true
    const stream = (async () => {
      while (publishing) await publishTo(server(), person, 1)
    })()
    const tabs = await Promise.all(
      upTo(8).map(() => connectTab(server().url, { token: person.token, after: 0 })),
    )
    await Promise.all(tabs.map((tab) => tab.next('notifications:missed', ({ more }) => !more)))
    publishing = false
    await stream
    const [end] = await publishTo(server(), person, 1)
    const last = end?.notification.seq ?? 0
    for (const tab of tabs) {
      await tab.next('notification:new', ({ seq }) => seq === last)
      const shown = new Map(
        [...missedBy(tab), ...tab.heard('notification:new')].map((one) => [one.id, one.seq]),
      )
      expect([...shown.values()].sort((a, b) => a - b)).toEqual(upTo(last))
    }
  })

  it('makes up for a cut when the client comes back', async () => {
    const person = await newPerson(server())
    let after = 0
    const tab = await openTab(server().url, (give: (auth: object) => void) =>
      give({ token: person.token, after }),
    )
    await publishTo(server(), person, 2)
    await tab.next('notification:new', ({ seq }) => seq === 2)
    after = 2
    const back = tab.lost()
    for (const socket of await server().io.in(`user:${person.id}`).local.fetchSockets()) {
      server().io.sockets.sockets.get(socket.id)?.conn.close()
    }
    expect(await back).toBe('transport close') // so Socket.IO reconnects by itself
    await publishTo(server(), person, 3)
    const packet = await tab.next('notifications:missed', ({ items }) => items.length > 0)
    expect(packet.items.map(({ seq }) => seq)).toEqual([3, 4, 5])
  })

  it('can be resynced: sockets get what they lack from the log, and the count that belongs to it', async () => {
    const person = await newPerson(server())
    const tab = await person.tab()
    await publishTo(server(), person, 2)
    await tab.ask('notifications:seen', { upTo: 2 })
    // As if another instance had stored it while messages between instances were lost.
    const other = await startServer({ mongoUri: server().mongoUri })
    await other.publish([{ userId: person.id, type: 'system', title: 'from afar', message: 'm' }])
    await other.close()
    await server().resync(false)
    const packet = await tab.next('notifications:missed', ({ items }) => items.length > 0)
    expect(packet).toMatchObject({ items: [{ seq: 3, title: 'from afar' }], more: false, upTo: 3 })
    await tab.next('unread', ({ count }) => count === 3)
  })

  it('is shown as it is after a gap: read, deleted, counted, whatever was done elsewhere meanwhile', async () => {
    const person = await newPerson(server())
    const [one, two] = [await person.send('me', 'one'), await person.send('me', 'two')]
    const page = openPageLike(server().url, person.token)
    await expect.poll(() => page.inbox.list().length).toBe(2)
    const other = await startServer({ mongoUri: server().mongoUri })
    const elsewhere = (method: string, id: unknown, body?: unknown) =>
      request(other.url, method, `/api/notifications/${id}`, body, {
        authorization: `Bearer ${person.token}`,
      })
    await elsewhere('PATCH', one.id, { read: true })
    await elsewhere('DELETE', two.id)
    await other.close()
    expect(page.inbox.unread).toBe(2)

    await server().resync(true)
    await expect.poll(() => page.inbox.unread).toBe(0)
    expect(page.inbox.list().map(({ title, readAt }) => [title, typeof readAt])).toEqual([['one', 'string']])
    expect(page.connects).toBe(1)
    await person.send('me', 'three')
    await expect.poll(() => [...page.shown.values()].length).toBeGreaterThan(0)
    expect(page.inbox.list().map(({ title }) => title)).toEqual(['three', 'one'])
    expect([...page.shown.values()].every((times) => times === 1)).toBe(true)
  })

  it('counts the unread once for a burst, and ends with the right number', async () => {
    const person = await newPerson(server())
    const tab = await person.tab()
    await Promise.all(upTo(200).map(() => publishTo(server(), person, 1)))
    await tab.next('unread', ({ count }) => count === 200)
    expect(tab.heard('unread').length).toBeLessThan(100)
  })
})
