import { describe, expect, it } from 'vitest'
import { comeBack, enterThroughProxy } from './support/lost-connection.ts'
import { settle, startServer } from './support/server.ts'

describe('a lost connection that cannot go on as if nothing had happened', () => {
  it('longer than the grace is joined anew: announced, in no room, and told nothing of the rooms', async () => {
    const server = await startServer()
    const bob = await server.enter('bob')
    const { proxy, client: alice } = await enterThroughProxy(server, 'alice')
    await alice.ask('room:join', { room: 'tea' })
    await bob.ask('room:join', { room: 'tea' })
    comeBack(alice)

    proxy.reachable = false
    proxy.cut()
    await bob.next('user:left')
    await bob.ask('message:send', { text: 'to all' })
    await bob.ask('message:send', { text: 'to the room', room: 'tea' })
    expect(await bob.ask('message:send', { text: 'psst', to: 'alice' })).toMatchObject({
      error: { code: 'user_offline' },
    })
    proxy.reachable = true

    expect(await alice.next('session')).toMatchObject({ rooms: [], users: ['bob', 'alice'] })
    expect(alice.socket.recovered).toBe(true)
    expect(await bob.next('user:joined', { username: 'alice' })).toBeDefined()
    await bob.ask('message:send', { text: 'to the room again', room: 'tea' })
    await settle(bob, alice)
    const texts = alice.got('message:new').map(({ text }) => text)
    expect(texts[0]).toBe('to all')
    expect(texts).toHaveLength(2)
    expect(await alice.ask('message:send', { text: 'x', room: 'tea' })).toMatchObject({
      error: { code: 'not_a_member' },
    })
  })

  it('is refused when somebody else has the name by then, and learns nothing meant for the other', async () => {
    const server = await startServer()
    const bob = await server.enter('bob')
    const { proxy, client: alice } = await enterThroughProxy(server, 'alice')
    comeBack(alice)
    proxy.reachable = false
    proxy.cut()
    await bob.next('user:left')
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

  it('that the server has not noticed yet is replaced by a new socket, and both ends stay sound', async () => {
    const server = await startServer({ heartbeat: { intervalMs: 300, timeoutMs: 300 } })
    const bob = await server.enter('bob')
    const { proxy, client: alice } = await enterThroughProxy(server, 'alice')
    comeBack(alice)
    // Lost and recovered once, so that Socket.IO has a session to restore under this id…
    proxy.cut()
    await alice.next('session')
    expect(alice.socket.recovered).toBe(true)
    const { id } = alice.socket
    // …then half-open: the client gives up on a connection that the server still believes in.
    proxy.freeze()
    alice.socket.io.engine.close()
    await alice.next('session')
    expect(alice.socket.recovered).toBe(false)
    expect(alice.socket.id).not.toBe(id)
    expect(server.io.sockets.sockets.size).toBe(3)
    // The dead one times out, and takes nothing with it.
    await expect.poll(() => server.io.sockets.sockets.size, { timeout: 3_000 }).toBe(2)
    await bob.ask('message:send', { text: 'still there?', to: 'alice' })
    await alice.next('message:new', { text: 'still there?' })
    expect(bob.got('user:left')).toEqual([])
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
