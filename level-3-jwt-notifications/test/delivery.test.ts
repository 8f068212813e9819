import { afterAll, describe, expect, it, vi } from 'vitest'
import { newPerson, type Person, signInOn } from './support/person.ts'
import { serverForAll, startServer, type TestServer } from './support/server.ts'
import { connectTab, openTab, type Tab } from './support/tab.ts'

const upTo = (end: number) => Array.from({ length: end }, (_, index) => index + 1)

describe('delivery', () => {
  const server = serverForAll()

  const publish = (person: Person, count: number) =>
    server().publish(
      upTo(count).map((n) => ({ userId: person.id, type: 'system', title: `number ${n}`, message: 'm' })),
    )
  const missed = (tab: Tab) => tab.heard('notifications:missed').flatMap(({ items }) => items)

  it('reaches every tab and device of the user, and nobody else’s', async () => {
    const [alice, bob] = [await newPerson(server()), await newPerson(server())]
    const phone = await signInOn(server(), alice)
    const tabs = [await alice.tab(), await alice.tab(), await phone.tab()]
    const stranger = await bob.tab()
    const sent = await bob.send(alice.username, 'hello')
    for (const tab of tabs) expect(await tab.next('notification:new')).toEqual(sent)
    await bob.send('me', 'to myself')
    await stranger.next('notification:new', ({ title }) => title === 'to myself')
    expect(stranger.heard('notification:new')).toHaveLength(1)
  })

  it('tells on connect who one is, the newest 20, and what was missed, in this order', async () => {
    const person = await newPerson(server())
    await publish(person, 25)
    const tab = await person.tab()
    expect(tab.names().filter((name) => name !== 'unread')).toEqual([
      'session:ready',
      'notifications:initial',
      'notifications:missed',
    ])
    expect(await tab.next('session:ready')).toEqual({
      user: { id: person.id, username: person.username, role: 'user' },
      sessionId: person.sid,
      instance: 'level-3',
      expiresAt: expect.stringMatching(/Z$/),
    })
    const initial = await tab.next('notifications:initial')
    expect(initial).toMatchObject({ unread: 25, upTo: 25 })
    expect(initial.items.map(({ seq }) => seq)).toEqual(upTo(25).reverse().slice(0, 20))
    expect(missed(tab).map(({ seq }) => seq)).toEqual(upTo(25))
  })

  it('sends what came after the cursor, in packets of 100, oldest first', async () => {
    const person = await newPerson(server())
    await publish(person, 253)
    const tab = await person.tab({ after: 3 })
    const packets = tab.heard('notifications:missed')
    expect(packets.map(({ items, more, upTo }) => [items.length, more, upTo])).toEqual([
      [100, true, 103],
      [100, true, 203],
      [50, false, 253],
    ])
    expect(missed(tab).map(({ seq }) => seq)).toEqual(upTo(253).slice(3))
  })

  it('sends an empty packet to whoever missed nothing', async () => {
    const person = await newPerson(server())
    await publish(person, 2)
    const [fresh, ahead] = [await person.tab({ after: 2 }), await person.tab({ after: 99 })]
    expect(fresh.heard('notifications:missed')).toEqual([{ items: [], more: false, upTo: 2 }])
    expect(ahead.heard('notifications:missed')).toEqual([{ items: [], more: false, upTo: 2 }])
  })

  it('moves the cursor past deleted ones, also when nothing else is left', async () => {
    const person = await newPerson(server())
    const stored = await publish(person, 105)
    await server().models.Notification.updateMany(
      { _id: { $in: stored.map(({ notification }) => notification.id) } },
      { $set: { deletedAt: new Date() } },
    )
    const tab = await person.tab({ after: 0 })
    expect(tab.heard('notifications:missed')).toEqual([
      { items: [], more: true, upTo: 100 },
      { items: [], more: false, upTo: 105 },
    ])
  })

  it('remembers what was seen: a client without a cursor gets what came after', async () => {
    const person = await newPerson(server())
    await publish(person, 5)
    const first = await person.tab()
    expect(await first.ask('notifications:seen', { upTo: 3 })).toEqual({ ok: true, data: { upTo: 3 } })
    const second = await person.tab()
    expect(missed(second).map(({ seq }) => seq)).toEqual([4, 5])
  })

  it('never lets "seen" go back, nor beyond the end of the log', async () => {
    const person = await newPerson(server())
    await publish(person, 4)
    const tab = await person.tab()
    expect(await tab.ask('notifications:seen', { upTo: 1_000 })).toEqual({ ok: true, data: { upTo: 4 } })
    expect(await tab.ask('notifications:seen', { upTo: 2 })).toEqual({ ok: true, data: { upTo: 4 } })
    await publish(person, 1)
    expect(missed(await person.tab()).map(({ seq }) => seq)).toEqual([5])
  })

  it('shows once what is stored right after the log was read for a new tab (42)', async () => {
    const person = await newPerson(server())
    await publish(person, 1)
    const { collection } = server().models.Notification
    const original = collection.find.bind(collection)
    const find = vi.spyOn(collection, 'find').mockImplementation((...args) => {
      const cursor = original(...args)
      const read = cursor.toArray.bind(cursor)
      cursor.toArray = async () => {
        const documents = await read()
        await publish(person, 1) // stored, and emitted, before the answer gets to whoever asked
        return documents
      }
      return cursor
    })
    const tab = await person.tab({ after: 0 })
    find.mockRestore()
    const [end] = await publish(person, 1)
    await tab.next('notification:new', ({ seq }) => seq === end?.notification.seq)
    const shown = new Map([...missed(tab), ...tab.heard('notification:new')].map((one) => [one.id, one.seq]))
    expect([...shown.values()].sort((a, b) => a - b)).toEqual(upTo(end?.notification.seq ?? 0))
    expect(shown.size).toBeGreaterThan(3)
  })

  it('shows as new, not in the snapshot, what is stored while the snapshot is made', async () => {
    const person = await newPerson(server())
    await publish(person, 1)
    const { collection } = server().models.Notification
    const original = collection.find.bind(collection)
    const find = vi.spyOn(collection, 'find').mockImplementationOnce((...args) => {
      const cursor = original(...args)
      const read = cursor.toArray.bind(cursor)
      cursor.toArray = async () => {
        await publish(person, 1)
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

  it('loses nothing that is stored while tabs connect (42)', async () => {
    const person = await newPerson(server())
    let publishing = true
    const stream = (async () => {
      while (publishing) await publish(person, 1)
    })()
    const tabs = await Promise.all(
      upTo(8).map(() => connectTab(server().url, { token: person.token, after: 0 })),
    )
    await Promise.all(tabs.map((tab) => tab.next('notifications:missed', ({ more }) => !more)))
    publishing = false
    await stream
    const [end] = await publish(person, 1)
    const last = end?.notification.seq ?? 0
    for (const tab of tabs) {
      await tab.next('notification:new', ({ seq }) => seq === last)
      const shown = new Map(
        [...missed(tab), ...tab.heard('notification:new')].map((one) => [one.id, one.seq]),
      )
      expect([...shown.values()].sort((a, b) => a - b)).toEqual(upTo(last))
    }
  })

  it('cut in between is made up for when the client comes back', async () => {
    const person = await newPerson(server())
    let after = 0
    const tab = await openTab(server().url, (give: (auth: object) => void) =>
      give({ token: person.token, after }),
    )
    await publish(person, 2)
    await tab.next('notification:new', ({ seq }) => seq === 2)
    after = 2
    const back = tab.lost()
    for (const socket of await server().io.in(`user:${person.id}`).local.fetchSockets()) {
      server().io.sockets.sockets.get(socket.id)?.conn.close()
    }
    expect(await back).toBe('transport close') // so Socket.IO reconnects by itself
    await publish(person, 3)
    const packet = await tab.next('notifications:missed', ({ items }) => items.length > 0)
    expect(packet.items.map(({ seq }) => seq)).toEqual([3, 4, 5])
  })

  it('can be resynced: sockets get what they lack from the log', async () => {
    const person = await newPerson(server())
    const tab = await person.tab()
    await publish(person, 2)
    await tab.ask('notifications:seen', { upTo: 2 })
    // As if another instance had stored it while messages between instances were lost.
    const other = await startServer({ mongoUri: server().mongoUri })
    await other.publish([{ userId: person.id, type: 'system', title: 'from afar', message: 'm' }])
    await other.close()
    await server().resync()
    const packet = await tab.next('notifications:missed', ({ items }) => items.length > 0)
    expect(packet).toMatchObject({ items: [{ seq: 3, title: 'from afar' }], more: false, upTo: 3 })
  })

  it('counts the unread once for a burst, and ends with the right number', async () => {
    const person = await newPerson(server())
    const tab = await person.tab()
    await Promise.all(upTo(200).map(() => publish(person, 1)))
    await tab.next('unread', ({ count }) => count === 200)
    expect(tab.heard('unread').length).toBeLessThan(100)
  })
})

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
