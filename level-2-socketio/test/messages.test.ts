import { describe, expect, it } from 'vitest'
import { settle, startServer } from './support/server.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

describe('a message', () => {
  it('to everyone reaches every tab, the one that sent it too', async () => {
    const { enter } = await startServer()
    const alice = await enter('alice')
    const second = await enter('alice', { sessionId: alice.session.sessionId })
    const bob = await enter('bob')
    const answer = await alice.ask('message:send', { text: 'hello' })
    expect(answer).toEqual({ ok: true, data: { id: expect.stringMatching(UUID), at: expect.any(String) } })
    const { id, at } = (answer.ok && answer.data) || {}
    expect(new Date(String(at)).toISOString()).toBe(at)
    for (const client of [alice, second, bob]) {
      expect(await client.next('message:new')).toEqual({ id, from: 'alice', text: 'hello', at, room: null })
    }
  })

  it('to a user reaches all tabs of both, and nobody else', async () => {
    const { enter } = await startServer()
    const alice = await enter('alice')
    const alice2 = await enter('alice', { sessionId: alice.session.sessionId })
    const bob = await enter('Bob')
    const bob2 = await enter('Bob', { sessionId: bob.session.sessionId })
    const carol = await enter('carol')
    expect(await alice.ask('message:send', { text: 'psst', to: 'BOB' })).toMatchObject({ ok: true })
    for (const client of [alice, alice2, bob, bob2]) {
      expect(await client.next('message:new')).toMatchObject({
        from: 'alice',
        text: 'psst',
        to: 'Bob',
        room: null,
      })
    }
    await settle(alice, carol, alice2, bob, bob2)
    expect(carol.got('message:new')).toHaveLength(1)
    expect(alice.got('message:new')).toHaveLength(2)
  })

  it('to oneself arrives once in each tab', async () => {
    const { enter } = await startServer()
    const alice = await enter('alice')
    await alice.ask('message:send', { text: 'buy milk', to: 'alice' })
    await settle(alice)
    expect(alice.got('message:new').map(({ text }) => text)[0]).toBe('buy milk')
    expect(alice.got('message:new')).toHaveLength(2)
  })

  it('to somebody who is not there is refused, and says so', async () => {
    const { enter } = await startServer()
    const alice = await enter('alice')
    const answer = await alice.ask('message:send', { text: 'hi', to: 'nobody' })
    expect(answer).toMatchObject({
      ok: false,
      error: { code: 'user_offline', message: expect.stringContaining('nobody') },
    })
  })

  it('to somebody who has just signed out is refused, though the name is still taken', async () => {
    const { enter } = await startServer({ graceMs: 5_000 })
    const alice = await enter('alice')
    const bob = await enter('bob')
    bob.socket.disconnect()
    await expect
      .poll(() => alice.ask('message:send', { text: 'hi', to: 'bob' }))
      .toMatchObject({
        error: { code: 'user_offline' },
      })
  })

  it('never reaches a socket, a room or another user by a name that was made for it', async () => {
    const { enter } = await startServer()
    const alice = await enter('alice')
    const bob = await enter('bob')
    await bob.ask('room:join', { room: 'lobby' })
    const names = [
      bob.socket.id,
      `user:${bob.session.sessionId}`,
      bob.session.sessionId,
      'room:lobby',
      'lobby',
    ]
    for (const to of [...names, 'user:bob', '__proto__', 'constructor', 'toString']) {
      expect(await alice.ask('message:send', { text: 'spy', to })).toMatchObject({
        error: { code: 'user_offline' },
      })
    }
    await settle(alice, bob)
    expect(bob.got('message:new').map(({ text }) => text)).not.toContain('spy')
  })

  it.each(['__proto__', 'constructor', 'lobby', 'hasOwnProperty'])(
    'works for a user called %s',
    async (name) => {
      const { enter } = await startServer()
      const odd = await enter(name)
      const bob = await enter('bob')
      await bob.ask('room:join', { room: 'lobby' })
      await bob.ask('message:send', { text: 'in the room', room: 'lobby' })
      await bob.ask('message:send', { text: 'for you', to: name })
      expect(await odd.next('message:new')).toMatchObject({ text: 'for you', to: name })
    },
  )

  it('keeps its text as it is: markup, emoji, control characters', async () => {
    const { enter } = await startServer()
    const alice = await enter('alice')
    const text = '<img src=x onerror=alert(1)> 😀 \u0000\u2028 "\\'
    await alice.ask('message:send', { text })
    expect(await alice.next('message:new')).toMatchObject({ text })
  })

  it('has 1 to 2,000 characters', async () => {
    const { enter } = await startServer()
    const alice = await enter('alice')
    for (const text of ['x', 'x'.repeat(2_000), '😀'.repeat(2_000)]) {
      expect(await alice.ask('message:send', { text })).toMatchObject({ ok: true })
    }
    for (const text of ['', 'x'.repeat(2_001), '😀'.repeat(2_001), 'x'.repeat(30_000)]) {
      expect(await alice.ask('message:send', { text })).toMatchObject({
        ok: false,
        error: { code: 'bad_payload' },
      })
    }
  })
})

describe('typing', () => {
  it('shows to everyone else, and to members only when it is in a room', async () => {
    const { enter } = await startServer()
    const alice = await enter('alice')
    const tab = await enter('alice', { sessionId: alice.session.sessionId })
    const bob = await enter('bob')
    const carol = await enter('carol')
    expect(await alice.ask('typing', {})).toEqual({ ok: true })
    expect(await bob.next('typing')).toEqual({ username: 'alice', room: null })
    expect(await carol.next('typing')).toEqual({ username: 'alice', room: null })

    expect(await alice.ask('typing', { room: 'tea' })).toMatchObject({ error: { code: 'not_a_member' } })
    await alice.ask('room:join', { room: 'tea' })
    await bob.ask('room:join', { room: 'tea' })
    await alice.ask('typing', { room: 'tea' })
    expect(await bob.next('typing')).toEqual({ username: 'alice', room: 'tea' })
    await settle(alice, carol, tab)
    expect(carol.got('typing')).toHaveLength(1)
    expect(tab.got('typing')).toEqual([])
  })
})
