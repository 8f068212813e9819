import { describe, expect, it } from 'vitest'
import { settle, startServer } from './support/server.ts'

describe('a room', () => {
  it('tells its members who comes and who goes', async () => {
    const { enter } = await startServer()
    const alice = await enter('alice')
    const bob = await enter('bob')
    expect(await alice.ask('room:join', { room: 'tea' })).toEqual({
      ok: true,
      data: { room: 'tea', members: ['alice'] },
    })
    expect(await alice.next('room:joined')).toEqual({ room: 'tea', username: 'alice', members: ['alice'] })
    await bob.ask('room:join', { room: 'tea' })
    for (const client of [alice, bob]) {
      expect(await client.next('room:joined')).toEqual({
        room: 'tea',
        username: 'bob',
        members: ['alice', 'bob'],
      })
    }
    expect(await bob.ask('room:leave', { room: 'tea' })).toEqual({ ok: true })
    expect(await alice.next('room:left')).toEqual({ room: 'tea', username: 'bob', members: ['alice'] })
  })

  it('passes messages to its members only', async () => {
    const { enter } = await startServer()
    const alice = await enter('alice')
    const bob = await enter('bob')
    const carol = await enter('carol')
    await alice.ask('room:join', { room: 'tea' })
    await bob.ask('room:join', { room: 'tea' })
    await carol.ask('room:join', { room: 'coffee' })
    await alice.ask('message:send', { text: 'milk?', room: 'tea' })
    expect(await alice.next('message:new')).toMatchObject({ from: 'alice', text: 'milk?', room: 'tea' })
    expect(await bob.next('message:new')).toMatchObject({ from: 'alice', text: 'milk?', room: 'tea' })
    await settle(alice, carol)
    expect(carol.got('message:new')).toHaveLength(1)
  })

  it('takes messages from members only', async () => {
    const { enter } = await startServer()
    const alice = await enter('alice')
    const bob = await enter('bob')
    await bob.ask('room:join', { room: 'tea' })
    const notMember = { ok: false, error: { code: 'not_a_member' } }
    expect(await alice.ask('message:send', { text: 'hi', room: 'tea' })).toMatchObject(notMember)
    expect(await alice.ask('room:leave', { room: 'tea' })).toMatchObject(notMember)
    await bob.ask('room:leave', { room: 'tea' })
    expect(await bob.ask('message:send', { text: 'hi', room: 'tea' })).toMatchObject(notMember)
  })

  it('is the same for all tabs of a member, whichever joins or leaves', async () => {
    const { enter } = await startServer()
    const one = await enter('alice')
    const two = await enter('alice', { sessionId: one.session.sessionId })
    await one.ask('room:join', { room: 'tea' })
    await two.next('room:joined')
    expect(await two.ask('message:send', { text: 'from my other tab', room: 'tea' })).toMatchObject({
      ok: true,
    })
    await one.next('message:new')
    const three = await enter('alice', { sessionId: one.session.sessionId })
    expect(three.session.rooms).toEqual(['tea'])

    await two.ask('room:leave', { room: 'tea' })
    expect(await one.next('room:left')).toEqual({ room: 'tea', username: 'alice', members: [] })
    const bob = await enter('bob')
    await bob.ask('room:join', { room: 'tea' })
    await bob.ask('message:send', { text: 'gone?', room: 'tea' })
    await settle(bob, one, two, three)
    for (const tab of [one, two, three]) {
      expect(tab.got('message:new').map(({ text }) => text)).not.toContain('gone?')
    }
    expect(await one.ask('message:send', { text: 'x', room: 'tea' })).toMatchObject({
      error: { code: 'not_a_member' },
    })
  })

  it('is joined once, however often one asks', async () => {
    const { enter } = await startServer()
    const alice = await enter('alice')
    await alice.ask('room:join', { room: 'tea' })
    expect(await alice.ask('room:join', { room: 'tea' })).toMatchObject({ ok: true })
    await settle(alice)
    expect(alice.got('room:joined')).toHaveLength(1)
  })

  it('keeps its member over a reload, and loses one who is gone', async () => {
    const { enter, counts } = await startServer()
    const bob = await enter('bob')
    const alice = await enter('alice')
    for (const client of [alice, bob]) await client.ask('room:join', { room: 'tea' })
    alice.socket.disconnect()
    const reloaded = await enter('alice', { sessionId: alice.session.sessionId })
    expect(reloaded.session.rooms).toEqual(['tea'])
    await bob.ask('message:send', { text: 'still in?', room: 'tea' })
    await reloaded.next('message:new', { text: 'still in?' })

    reloaded.socket.disconnect()
    expect(await bob.next('room:left')).toEqual({ room: 'tea', username: 'alice', members: ['bob'] })
    await bob.next('user:left')
    const back = await enter('alice', { sessionId: alice.session.sessionId })
    expect(back.session.rooms).toEqual([])
    await bob.ask('room:leave', { room: 'tea' })
    expect(counts()).toMatchObject({ users: 2, rooms: 0 })
  })

  it.each(['a', 'x'.repeat(30), 'tea-4-two', 'constructor', '-'])('may be called %s', async (room) => {
    const { enter } = await startServer()
    const alice = await enter('alice')
    expect(await alice.ask('room:join', { room })).toMatchObject({ ok: true, data: { members: ['alice'] } })
  })

  it.each(['', 'x'.repeat(31), 'Tea', 'a b', 'a/b', '__proto__', 'user:alice', 'tea\n', 'ü'])(
    'may not be called %j',
    async (room) => {
      const { enter } = await startServer()
      const alice = await enter('alice')
      const invalid = { ok: false, error: { code: 'invalid_room' } }
      expect(await alice.ask('room:join', { room })).toMatchObject(invalid)
      expect(await alice.ask('room:leave', { room })).toMatchObject(invalid)
      expect(await alice.ask('message:send', { text: 'x', room })).toMatchObject(invalid)
    },
  )

  it('is one of at most 50 a user', async () => {
    const { enter } = await startServer()
    const { session } = await enter('alice')
    // A tab may send 20 events a second, so it takes a few.
    for (let first = 0; first < 50; first += 10) {
      const tab = await enter('alice', { sessionId: session.sessionId })
      for (let n = first; n < first + 10; n++) await tab.ask('room:join', { room: `room-${n}` })
    }
    const tab = await enter('alice', { sessionId: session.sessionId })
    expect(tab.session.rooms).toHaveLength(50)
    expect(await tab.ask('room:join', { room: 'one-more' })).toMatchObject({
      error: { code: 'too_many_rooms' },
    })
    expect(await tab.ask('room:join', { room: 'room-7' })).toMatchObject({ ok: true })
  })
})
