import { once } from 'node:events'
import { Types } from 'mongoose'
import { describe, expect, it } from 'vitest'
import type { SignInEvents } from '../../src/sessions/index.ts'
import { newPerson, PASSWORD, request, signInOn, tokenFor } from '../support/person.ts'
import { serverForAll } from '../support/server.ts'
import { connectTab, openTab } from '../support/tab.ts'

describe('device sessions', () => {
  const server = serverForAll()

  it('are listed with where they came from, and which one asks', async () => {
    const here = await newPerson(server())
    const there = await signInOn(server(), here)
    const { status, body } = await here.api('GET', '/api/auth/sessions')
    expect(status).toBe(200)
    const device = { userAgent: 'vitest', ip: '127.0.0.1' }
    const times = { createdAt: expect.stringMatching(/Z$/), lastUsedAt: expect.stringMatching(/Z$/) }
    expect(body.items).toHaveLength(2)
    expect(body.items).toEqual(
      expect.arrayContaining([
        { id: here.sid, ...device, ...times, current: true },
        { id: there.sid, ...device, ...times, current: false },
      ]),
    )
  })

  it('can be signed out one at a time, which cuts that device’s sockets at once', async () => {
    const here = await newPerson(server())
    const there = await signInOn(server(), here)
    const [tabHere, tabThere] = [await here.tab(), await there.tab()]
    expect((await here.api('DELETE', `/api/auth/sessions/${there.sid}`)).status).toBe(204)

    expect(await tabThere.next('session:ended')).toEqual({ code: 'session_revoked' })
    expect(await tabThere.lost()).toBe('io server disconnect')
    expect((await there.api('GET', '/api/auth/me')).body.code).toBe('session_revoked')
    await here.send('me', 'still here')
    await tabHere.next('notification:new')
    expect(tabThere.heard('notification:new')).toEqual([])
    const { body } = await here.api('GET', '/api/auth/sessions')
    expect(body.items).toHaveLength(1)
  })

  it('can be signed out all but this one', async () => {
    const here = await newPerson(server())
    const others = [await signInOn(server(), here), await signInOn(server(), here)]
    const tabs = await Promise.all(others.map((other) => other.tab()))
    expect((await here.api('DELETE', '/api/auth/sessions')).status).toBe(204)
    await Promise.all(tabs.map((tab) => tab.lost()))
    expect((await here.api('GET', '/api/auth/me')).status).toBe(200)
    expect((await here.api('DELETE', '/api/auth/sessions')).status).toBe(204) // none left is no error
    expect((await here.api('GET', '/api/auth/me')).status).toBe(200)
  })

  it('of somebody else are out of reach', async () => {
    const [mallory, victim] = [await newPerson(server()), await newPerson(server())]
    const { status, body } = await mallory.api('DELETE', `/api/auth/sessions/${victim.sid}`)
    expect([status, body.code]).toEqual([403, 'not_yours'])
    expect((await victim.api('GET', '/api/auth/me')).status).toBe(200)
  })

  it.each([
    ['a malformed id', 'nonsense', 400],
    ['an id that nobody has', crypto.randomUUID(), 404],
  ])('with %s cannot be signed out', async (_what, id, status) => {
    const person = await newPerson(server())
    expect((await person.api('DELETE', `/api/auth/sessions/${id}`)).status).toBe(status)
  })

  it('that end while their socket is being let in do not leave it open', async () => {
    const person = await newPerson(server())
    // A middleware behind the gate: the session was good there, and there is no socket to cut yet.
    server().io.use((socket, next) => {
      const { Session } = server().models
      const end = Session.updateOne({ _id: person.sid }, { $set: { revokedAt: new Date() } })
      if (socket.data.sid !== person.sid) next()
      else end.exec().then(() => next(), next)
    })
    const tab = connectTab(server().url, { token: person.token })
    expect(await tab.next('session:ended')).toEqual({ code: 'session_revoked' })
    expect(await tab.lost()).toBe('io server disconnect')
    expect(tab.heard('notifications:initial')).toEqual([])
  })

  it('are announced when they begin, with whether the device is a new one', async () => {
    const { username } = await newPerson(server())
    await server().models.Session.deleteMany({
      userId: (await server().models.User.findOne({ username }))?._id,
    })
    const heard: SignInEvents['sign-in'][0][] = []
    const listener = (...[signIn]: SignInEvents['sign-in']) => void heard.push(signIn)
    server().signIns.on('sign-in', listener)
    const logIn = (userAgent: string) =>
      request(
        server().url,
        'POST',
        '/api/auth/login',
        { username, password: PASSWORD },
        { 'user-agent': userAgent },
      )
    await logIn('first')
    await logIn('first')
    await logIn('second')
    server().signIns.off('sign-in', listener)
    expect(heard.map(({ userAgent, newDevice }) => [userAgent, newDevice])).toEqual([
      ['first', false], // there is nobody yet to warn
      ['first', false],
      ['second', true],
    ])
  })

  it('begin on a new device for whoever was away for so long that no session is left', async () => {
    const { id, username } = await newPerson(server())
    const { User, Session } = server().models
    const user = await User.findById(id).orFail().lean()
    await Promise.all([User.deleteOne({ _id: id }), Session.deleteMany({ userId: id })])
    const days = (count: number) => Math.floor(Date.now() / 1_000) - count * 86_400
    await User.create({ ...user, _id: Types.ObjectId.createFromTime(days(31)) })
    const signedIn = once(server().signIns, 'sign-in')
    await request(server().url, 'POST', '/api/auth/login', { username, password: PASSWORD })
    expect((await signedIn)[0]).toMatchObject({ newDevice: true })
  })
})

describe('an open socket', () => {
  const server = serverForAll()

  it('is warned, and cut when its token ends; nothing is delivered to it afterwards', async () => {
    const person = await newPerson(server())
    const token = await tokenFor(server(), person, 4)
    const tab = await openTab(server().url, { token }, { reconnection: false })
    const ready = await tab.next('session:ready')
    const expiring = await tab.next('session:expiring')
    expect(expiring.expiresAt).toBe(ready.expiresAt)
    const early = Date.parse(expiring.expiresAt) - Date.now()
    expect(early).toBeLessThanOrEqual(2_000) // half of its life, since that is under 30 s

    expect(await tab.next('session:ended')).toEqual({ code: 'token_expired' })
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(ready.expiresAt) - 5)
    expect(await tab.lost()).toBe('io server disconnect')
    const witness = await person.tab()
    await person.send('me', 'too late')
    await witness.next('notification:new')
    expect(tab.heard('notification:new')).toEqual([])
  })

  it('lives on when it is renewed in time', async () => {
    const person = await newPerson(server())
    const tab = await openTab(server().url, { token: await tokenFor(server(), person, 4) })
    await tab.next('session:expiring')
    const answer = await tab.ask('session:renew', { token: person.token })
    expect(answer).toEqual({ ok: true, data: { expiresAt: expect.stringMatching(/Z$/) } })
    await new Promise((resolve) => setTimeout(resolve, 4_000)) // past the first token's end
    expect(tab.socket.connected).toBe(true)
    await person.send('me', 'still here')
    await tab.next('notification:new')
    expect(tab.heard('session:ended')).toEqual([])
  })

  it('cannot be renewed with a bad token, another session’s or another user’s', async () => {
    const [person, stranger] = [await newPerson(server()), await newPerson(server())]
    const elsewhere = await signInOn(server(), person)
    const tab = await person.tab()
    for (const token of ['nonsense', elsewhere.token, stranger.token, await tokenFor(server(), person, -1)]) {
      const answer = await tab.ask('session:renew', { token })
      expect(answer).toMatchObject({ ok: false, error: { code: expect.stringMatching(/^token_/) } })
    }
    expect(tab.socket.connected).toBe(true)
  })

  it('after a cut by the server comes back with a fresh token, without a page reload', async () => {
    const person = await newPerson(server())
    let token = await tokenFor(server(), person, 3)
    const tab = await openTab(server().url, (give: (auth: object) => void) => give({ token }))
    await tab.next('session:ended')
    await tab.lost()
    expect(tab.socket.active).toBe(false) // it would not come back by itself
    token = person.token
    tab.socket.connect()
    await tab.next('session:ready', ({ expiresAt }) => Date.parse(expiresAt) > Date.now() + 60_000)
  })

  it('from a foreign page is refused, also without polling; from an allowed one it is not', async () => {
    const person = await newPerson(server())
    const from = (origin: string) => {
      const { socket } = connectTab(server().url, { token: person.token }, { extraHeaders: { origin } })
      return new Promise((resolve) => {
        socket.once('connect', () => resolve('connected'))
        socket.once('connect_error', () => resolve('refused'))
      })
    }
    expect(await from('https://evil.example')).toBe('refused')
    expect(await from(`${server().url}.evil.example`)).toBe('refused')
    expect(await from(server().url)).toBe('connected')
  })
})
