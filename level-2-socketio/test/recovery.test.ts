import { describe, expect, it } from 'vitest'
import { comeBack, enterThroughProxy } from './support/lost-connection.ts'
import { refusal, settle, startServer } from './support/server.ts'

describe('a lost connection', () => {
  it('is recovered: what was missed arrives once, the rooms are still there, and nobody else notices', async () => {
    const server = await startServer({ graceMs: 5_000 })
    const bob = await server.enter('bob')
    const { proxy, client: alice } = await enterThroughProxy(server, 'alice')
    await alice.ask('room:join', { room: 'tea' })
    await bob.ask('room:join', { room: 'tea' })
    comeBack(alice)

    proxy.reachable = false
    proxy.cut()
    await expect.poll(() => server.io.sockets.sockets.size).toBe(1)
    expect(await bob.ask('message:send', { text: 'to all' })).toMatchObject({ ok: true })
    expect(await bob.ask('message:send', { text: 'to the room', room: 'tea' })).toMatchObject({ ok: true })
    expect(await bob.ask('message:send', { text: 'to alice', to: 'alice' })).toMatchObject({ ok: true })
    await bob.ask('typing', {})
    proxy.reachable = true

    expect(await alice.next('session')).toMatchObject({
      username: 'alice',
      rooms: ['tea'],
      users: ['bob', 'alice'],
    })
    expect(alice.socket.recovered).toBe(true)
    await bob.ask('message:send', { text: 'back?', room: 'tea' })
    await settle(bob, alice)
    const texts = alice.got('message:new').map(({ text }) => text)
    expect(texts.slice(0, 4)).toEqual(['to all', 'to the room', 'to alice', 'back?'])
    expect(texts).toHaveLength(5)
    expect(alice.got('typing')).toEqual([])
    expect(bob.got('user:joined')).toHaveLength(1)
    expect(bob.got('user:left')).toEqual([])
  })

  it('is recovered after the grace, too: announced again, back in its rooms, with all that was said', async () => {
    const server = await startServer()
    const bob = await server.enter('bob')
    const { proxy, client: alice } = await enterThroughProxy(server, 'alice')
    await alice.ask('room:join', { room: 'tea' })
    await bob.ask('room:join', { room: 'tea' })
    comeBack(alice)
    proxy.reachable = false
    proxy.cut()
    expect(await bob.next('user:left')).toEqual({ username: 'alice', users: ['bob'] })
    expect(await bob.next('room:left')).toEqual({ room: 'tea', username: 'alice', members: ['bob'] })
    expect(await refusal(server.url, { username: 'alice' })).toBe('username_taken')

    const say = (payload: object) => bob.ask('message:send', payload)
    expect(await say({ text: 'to all' })).toMatchObject({ ok: true })
    expect(await say({ text: 'to the room', room: 'tea' })).toMatchObject({ ok: true })
    expect(await say({ text: 'to alice', to: 'alice' })).toMatchObject({ ok: true })
    proxy.reachable = true

    expect(await alice.next('session')).toMatchObject({ rooms: ['tea'], users: ['bob', 'alice'] })
    expect(alice.socket.recovered).toBe(true)
    expect(alice.got('message:new').map(({ text }) => text)).toEqual(['to all', 'to the room', 'to alice'])
    await expect
      .poll(() => bob.got('user:joined').at(-1))
      .toEqual({ username: 'alice', users: ['bob', 'alice'] })
    await expect
      .poll(() => bob.got('room:joined').at(-1))
      .toEqual({ room: 'tea', username: 'alice', members: ['alice', 'bob'] })
    expect(bob.got('user:joined')).toHaveLength(2)
    await alice.ask('message:send', { text: 'back', room: 'tea' })
    await bob.next('message:new', { text: 'back', room: 'tea' })
  })

  it('is given back to nobody who only knows its id: neither the name, nor a packet', async () => {
    const server = await startServer()
    const bob = await server.enter('bob')
    const { proxy, client: alice } = await enterThroughProxy(server, 'alice')
    proxy.reachable = false
    proxy.cut()
    await bob.next('user:left')
    await bob.ask('message:send', { text: 'for alice alone', to: 'alice' })
    await bob.ask('message:send', { text: 'for who is here' })
    const { _pid: pid, _lastOffset: offset } = alice.socket as unknown as Record<string, string>
    expect([pid, offset]).toEqual([expect.any(String), expect.any(String)])

    const eve = await server.enter('eve', { pid, offset })
    await settle(bob, eve)
    expect(eve.got('message:new').map(({ text }) => text)).toEqual([expect.stringMatching(/^settled/)])
    expect(await refusal(server.url, { username: 'alice', pid, offset })).toBe('username_taken')
    const forged = { username: 'alice', sessionId: 'A'.repeat(32), pid, offset }
    expect(await refusal(server.url, forged)).toBe('username_taken')
  })

  it('that nobody noticed yet is recovered when its client is first to give up', async () => {
    const server = await startServer({ graceMs: 5_000 })
    const bob = await server.enter('bob')
    const { proxy, client: alice } = await enterThroughProxy(server, 'alice')
    comeBack(alice)
    proxy.freeze() // the server still believes in this connection
    await bob.ask('message:send', { text: 'into the void', to: 'alice' })
    alice.socket.io.engine.close()
    await alice.next('session')
    expect(alice.socket.recovered).toBe(true)
    expect(alice.got('message:new').map(({ text }) => text)).toEqual(['into the void'])
    expect(server.io.sockets.sockets.size).toBe(2)
    expect(bob.got('user:left')).toEqual([])
  })

  it('that comes back as a new one gets the whole state, and is not recovered', async () => {
    const server = await startServer({ graceMs: 5_000 })
    const { client: alice } = await enterThroughProxy(server, 'alice')
    await alice.ask('room:join', { room: 'tea' })
    const again = await server.enter('alice', { sessionId: alice.session.sessionId })
    expect(again.socket.recovered).toBe(false)
    expect(again.session).toMatchObject({ username: 'alice', rooms: ['tea'] })
  })

  it('is not recovered when the place where it stopped is unknown: it gets the whole state', async () => {
    const server = await startServer({ graceMs: 5_000 })
    const { proxy, client: alice } = await enterThroughProxy(server, 'alice')
    comeBack(alice)
    // The client names the last packet that it saw. One that saw none names none.
    Object.assign(alice.socket, { _lastOffset: undefined })
    proxy.cut()
    expect(await alice.next('session')).toMatchObject({ username: 'alice', users: ['alice'] })
    expect(alice.socket.recovered).toBe(false)
  })

  it('does not reset the rate limit', async () => {
    const server = await startServer({ graceMs: 5_000 })
    const { proxy, client: alice } = await enterThroughProxy(server, 'alice')
    comeBack(alice)
    const sent = Array.from({ length: 20 }, () => alice.ask('typing', {}))
    expect(await Promise.all(sent)).toEqual(Array(20).fill({ ok: true }))
    proxy.cut()
    await alice.next('session')
    expect(alice.socket.recovered).toBe(true)
    expect(await alice.ask('typing', {})).toMatchObject({ error: { code: 'rate_limited' } })
  })
})
