import { describe, expect, it } from 'vitest'
import { listen, open, refusal, settle, startServer } from './support/server.ts'

describe('coming and going', () => {
  it('tells a newcomer who is there, and the others that somebody came', async () => {
    const { enter } = await startServer()
    const alice = await enter('alice')
    expect(alice.session).toEqual({
      sessionId: expect.stringMatching(/^[\w-]{32}$/),
      username: 'alice',
      users: ['alice'],
      rooms: [],
    })
    const bob = await enter('bob')
    expect(bob.session.users).toEqual(['alice', 'bob'])
    expect(await alice.next('user:joined')).toEqual({ username: 'bob', users: ['alice', 'bob'] })
    await settle(bob, alice)
    expect(alice.got('user:joined')).toHaveLength(1)
    expect(bob.got('user:joined')).toEqual([])
  })

  it('tells a large crowd of several who come or go at once, by their names alone', async () => {
    const { enter } = await startServer()
    const names = Array.from({ length: 100 }, (_, index) => `guest-${index}`)
    const first = await enter('first')
    await Promise.all(names.map((name) => enter(name)))
    await expect.poll(() => namesIn(first.got('user:joined'))).toEqual(new Set(names))

    const before = first.got('user:joined').length
    const lateNames = Array.from({ length: 20 }, (_, index) => `late-${index}`)
    const late = await Promise.all(lateNames.map((name) => enter(name)))
    expect(late.at(-1)?.session.users).toEqual(expect.arrayContaining([...names, 'late-19']))
    const told = () => first.got('user:joined').slice(before)
    await expect.poll(() => namesIn(told())).toEqual(new Set(lateNames))
    expect(told().length).toBeLessThan(lateNames.length) // how many come in one telling is a matter of time
    for (const each of told())
      expect(each).toEqual({ username: expect.any(String), usernames: expect.any(Array) })
    for (const one of late) one.socket.disconnect()
    await expect.poll(() => namesIn(first.got('user:left'))).toEqual(new Set(lateNames))
    expect(first.got('user:left')[0]).not.toHaveProperty('users')
  })

  it('tells nobody a session id of somebody else', async () => {
    const { enter } = await startServer()
    const alice = await enter('alice')
    const bob = await enter('bob')
    await alice.ask('message:send', { text: 'hi', to: 'bob' })
    await settle(bob, alice)
    expect(JSON.stringify([bob.got('message:new'), bob.got('user:joined'), bob.session])).not.toContain(
      alice.session.sessionId,
    )
  })

  it('counts several tabs as one user, and announces the first and the last only', async () => {
    const { enter } = await startServer()
    const bob = await enter('bob')
    const one = await enter('alice')
    const two = await enter('alice', { sessionId: one.session.sessionId })
    expect(two.session).toEqual(one.session)
    expect(two.session.users).toEqual(['bob', 'alice'])

    one.socket.disconnect()
    await settle(two, bob)
    two.socket.disconnect()
    expect(await bob.next('user:left')).toEqual({ username: 'alice', users: ['bob'] })
    expect(bob.got('user:joined')).toHaveLength(1)
    expect(bob.got('user:left')).toHaveLength(1)
  })

  it('takes another tab under the name as it was first written', async () => {
    const { enter } = await startServer()
    const { session } = await enter('Alice')
    const tab = await enter('ALICE', { sessionId: session.sessionId })
    expect(tab.session.username).toBe('Alice')
  })

  it('announces nothing when somebody reloads the page', async () => {
    const { enter } = await startServer({ graceMs: 2_000 })
    const bob = await enter('bob')
    const before = await enter('alice')
    before.socket.disconnect()
    const after = await enter('alice', { sessionId: before.session.sessionId })
    expect(after.session).toEqual(before.session)
    await settle(after, bob)
    expect(bob.got('user:joined')).toHaveLength(1)
    expect(bob.got('user:left')).toEqual([])
  })

  it('keeps a name for its user until the grace is over, and frees it then', async () => {
    const { url, enter } = await startServer()
    const bob = await enter('bob')
    const alice = await enter('alice')
    alice.socket.disconnect()
    expect(await refusal(url, { username: 'alice' })).toBe('username_taken')
    await bob.next('user:left')
    const other = await enter('alice')
    expect(other.session.sessionId).not.toBe(alice.session.sessionId)
  })

  it('takes a session id from before a restart, so that all tabs are one user again', async () => {
    const { enter } = await startServer()
    const kept = 'k'.repeat(32)
    const one = await enter('alice', { sessionId: kept })
    const two = await enter('alice', { sessionId: kept })
    expect([one.session.sessionId, two.session.sessionId]).toEqual([kept, kept])
  })

  it.each([['short'], ['x'.repeat(33)], ['user:alice'], [42], [null], [{}]])(
    'gives a new session id for one that it cannot have made: %j',
    async (sessionId) => {
      const { enter } = await startServer()
      const { session } = await enter('alice', { sessionId })
      expect(session.sessionId).toMatch(/^[\w-]{32}$/)
      expect(session.sessionId).not.toBe(sessionId)
    },
  )

  it('never lets two users share a session id', async () => {
    const { enter } = await startServer()
    const alice = await enter('alice')
    const bob = await enter('bob', { sessionId: alice.session.sessionId })
    expect(bob.session.sessionId).not.toBe(alice.session.sessionId)
    await settle(bob, alice)
    await alice.ask('message:send', { text: 'for me only', to: 'alice' })
    await settle(alice, bob)
    expect(bob.got('message:new').map(({ text }) => text)).not.toContain('for me only')
  })

  it('handles an event that is sent the moment the socket connects', async () => {
    const { url } = await startServer()
    const socket = open(url, { username: 'alice' })
    const answer = await new Promise((resolve) => {
      socket.on('connect', () => socket.emit('message:send', { text: 'already here' }, resolve))
    })
    expect(answer).toMatchObject({ ok: true })
  })

  it('runs each handler once after many reconnects', async () => {
    const { enter } = await startServer({ graceMs: 2_000 })
    const { socket, session, ...alice } = await enter('alice')
    socket.auth = { username: 'alice', sessionId: session.sessionId }
    for (let cycle = 0; cycle < 5; cycle++) {
      socket.io.engine.close()
      await alice.next('session')
    }
    await alice.ask('message:send', { text: 'once' })
    await alice.ask('message:send', { text: 'twice' })
    await alice.next('message:new', { text: 'twice' })
    expect(alice.got('message:new').map(({ text }) => text)).toEqual(['once', 'twice'])
  })

  it('lets long-polling clients in as well', async () => {
    const { url } = await startServer()
    const alice = listen(open(url, { username: 'alice' }, { transports: ['polling'] }))
    await alice.next('session')
    expect(await alice.ask('message:send', { text: 'by polling' })).toMatchObject({ ok: true })
    await alice.next('message:new', { text: 'by polling' })
  })
})

function namesIn(changes: Record<string, unknown>[]): Set<unknown> {
  return new Set(changes.flatMap(({ username, usernames }) => usernames ?? [username]))
}
