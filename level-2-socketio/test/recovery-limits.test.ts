import { describe, expect, it } from 'vitest'
import { comeBack, enterThroughProxy } from './support/lost-connection.ts'
import { startServer } from './support/server.ts'

describe('a lost connection that cannot go on as if nothing had happened', () => {
  it('on purpose is none: name and rooms are free after the grace, and nothing is kept', async () => {
    const server = await startServer()
    const bob = await server.enter('bob')
    const alice = await server.enter('alice')
    await alice.ask('room:join', { room: 'tea' })
    alice.socket.disconnect()
    await bob.next('user:left')
    expect(await bob.ask('message:send', { text: 'psst', to: 'alice' })).toMatchObject({
      error: { code: 'user_offline' },
    })
    comeBack(alice)
    alice.socket.connect()
    expect(await alice.next('session')).toMatchObject({ rooms: [] })
    expect(alice.socket.recovered).toBe(false)
  })

  it('longer than it is kept is joined anew: announced, in no room, and told nothing of what was said', async () => {
    const server = await startServer({ keepMs: 400 })
    const bob = await server.enter('bob')
    const { proxy, client: alice } = await enterThroughProxy(server, 'alice')
    await alice.ask('room:join', { room: 'tea' })
    comeBack(alice)
    proxy.reachable = false
    proxy.cut()
    await expect.poll(() => server.counts().users).toBe(1)
    expect(server.counts()).toMatchObject({ rooms: 0, kept: { lost: 0 } })
    expect(await bob.ask('message:send', { text: 'psst', to: 'alice' })).toMatchObject({
      error: { code: 'user_offline' },
    })
    proxy.reachable = true
    expect(await alice.next('session')).toMatchObject({ rooms: [], users: ['bob', 'alice'] })
    expect(alice.socket.recovered).toBe(false)
  })

  it('has missed more than is given back starts anew', async () => {
    const server = await startServer({ graceMs: 5_000 })
    const { proxy, client: alice } = await enterThroughProxy(server, 'alice')
    comeBack(alice)
    proxy.reachable = false
    proxy.cut()
    await expect.poll(() => server.io.sockets.sockets.size).toBe(0)
    const text = 'x'.repeat(2_000)
    for (let n = 0; n < 300; n++) server.io.emit('notification:new', { id: `${n}`, from: null, text, at: '' })
    proxy.reachable = true
    await alice.next('session')
    expect(alice.socket.recovered).toBe(false)
    expect(alice.got('notification:new')).toEqual([])
  })

  it('is kept no more than 8 MiB for, however much is sent, and nothing when all have gone', async () => {
    const server = await startServer({ keepMs: 400 })
    const alice = await server.enter('alice')
    const text = 'x'.repeat(2_000)
    const flood = () => {
      for (let n = 0; n < 6_000; n++)
        server.io.to('nobody').emit('notification:new', { id: '', from: null, text, at: '' })
    }
    flood()
    expect(server.counts().kept.bytes).toBeGreaterThan(7 * 1_048_576)
    expect(server.counts().kept.bytes).toBeLessThan(8.1 * 1_048_576)
    alice.socket.disconnect()
    await expect.poll(server.counts).toEqual({ users: 0, rooms: 0, kept: { packets: 0, bytes: 0, lost: 0 } })
  })

  it('is refused when somebody else has the name by then, and learns nothing meant for the other', async () => {
    const server = await startServer({ keepMs: 400 })
    const bob = await server.enter('bob')
    const { proxy, client: alice } = await enterThroughProxy(server, 'alice')
    comeBack(alice)
    proxy.reachable = false
    proxy.cut()
    await expect.poll(() => server.counts().users).toBe(1)
    const other = await server.enter('alice')
    await bob.ask('message:send', { text: 'for the new alice', to: 'alice' })
    await other.next('message:new')

    const arrived: string[] = []
    alice.socket.io.on('open', () => alice.socket.io.engine.on('data', (data) => arrived.push(String(data))))
    proxy.reachable = true
    const code = await new Promise((resolve) => {
      alice.socket.on('connect_error', (error) => resolve((error as { data?: { code: string } }).data?.code))
    })
    expect(code).toBe('username_taken')
    expect(arrived.join()).not.toContain('for the new alice')
    expect(server.counts().users).toBe(2)
  })

  it('to a server that was started anew comes back as the same user, to a server that knows nothing else', async () => {
    const before = await startServer()
    const alice = await before.enter('alice')
    const tab = await before.enter('alice', { sessionId: alice.session.sessionId })
    await alice.ask('room:join', { room: 'tea' })
    for (const client of [alice, tab]) comeBack(client)
    const { sessionId } = alice.session
    const gone = alice.disconnected()
    await before.close()
    // Not "io server disconnect", after which a client would stay away.
    expect(await gone).toBe('transport close')
    const after = await startServer({}, undefined, Number(new URL(before.url).port))
    for (const client of [alice, tab]) {
      expect(await client.next('session')).toEqual({
        sessionId,
        username: 'alice',
        users: ['alice'],
        rooms: [],
      })
      expect(client.socket.recovered).toBe(false)
    }
    expect(after.counts().users).toBe(1)
  })
})
