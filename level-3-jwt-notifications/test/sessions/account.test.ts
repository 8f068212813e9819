import { describe, expect, it, vi } from 'vitest'
import { refreshAt } from '../support/cookie.ts'
import { newPerson, PASSWORD, request, signInOn } from '../support/person.ts'
import { serverForAll, startServer } from '../support/server.ts'

const server = serverForAll()
const logIn = (username: string, password: string) =>
  request(server().url, 'POST', '/api/auth/login', { username, password })

describe('changing the password', () => {
  it('needs the old one, and ends all other sessions', async () => {
    const person = await newPerson(server())
    const elsewhere = await signInOn(server(), person)
    const tab = await elsewhere.tab()
    const wrong = await person.api('POST', '/api/auth/password', { current: 'no', next: 'next-password' })
    expect(wrong.body).toMatchObject({
      status: 401,
      code: 'invalid_credentials',
      detail: 'The password is wrong.',
    })
    expect((await elsewhere.api('GET', '/api/auth/me')).status).toBe(200)

    const body = { current: PASSWORD, next: 'next-password' }
    expect((await person.api('POST', '/api/auth/password', body)).status).toBe(204)
    await tab.lost()
    expect((await elsewhere.api('GET', '/api/auth/me')).body.code).toBe('session_revoked')
    expect((await person.api('GET', '/api/auth/me')).status).toBe(200)
    expect((await logIn(person.username, PASSWORD)).status).toBe(401)
    expect((await logIn(person.username, 'next-password')).status).toBe(200)
  })

  it('ends a sign-in that was under way with the old one, too', async () => {
    const person = await newPerson(server())
    const { Session } = server().models
    const changeThenCreate = async (session: never) => {
      opening.mockRestore()
      const body = { current: PASSWORD, next: 'next-password' }
      expect((await person.api('POST', '/api/auth/password', body)).status).toBe(204)
      return Session.create(session)
    }
    const opening = vi.spyOn(Session, 'create')
    opening.mockImplementationOnce(changeThenCreate as unknown as typeof Session.create)
    const { body: signedIn } = await logIn(person.username, PASSWORD)
    const authorization = `Bearer ${signedIn.accessToken}`
    const me = await request(server().url, 'GET', '/api/auth/me', undefined, { authorization })
    expect([me.status, me.body.code]).toEqual([401, 'session_revoked'])
  })
})

describe('deleting the account', () => {
  it('needs the password, and leaves nothing behind', async () => {
    const person = await newPerson(server())
    const friend = await newPerson(server())
    const tab = await person.tab()
    await friend.send(person.username, 'hello')
    await person.api('POST', '/api/rooms', { name: `room of ${person.username}` })
    await person.api('POST', '/api/keys', { name: 'a script' })
    await person.api('PUT', '/api/preferences', { off: { push: ['promotion'] } })
    await person.send('me', 'sent', {})
    expect((await person.api('DELETE', '/api/auth/me', { password: 'wrong' })).status).toBe(401)

    expect((await person.api('DELETE', '/api/auth/me', { password: PASSWORD })).status).toBe(204)
    await tab.lost()
    expect((await person.api('GET', '/api/auth/me')).status).toBe(401)
    expect((await logIn(person.username, PASSWORD)).status).toBe(401)
    const { User, Notification, Membership, PublishKey } = server().models
    const userId = person.id
    const preferences = User.db.collection('preferences')
    expect(await User.findById(userId)).toBeNull()
    expect(await Notification.countDocuments({ userId })).toBe(0)
    expect(await Membership.countDocuments({ userId })).toBe(0)
    expect(await PublishKey.countDocuments({ userId })).toBe(0)
    expect(await preferences.countDocuments({})).toBe(0)
    const sending = { to: person.username, title: 't', message: 'm' }
    expect((await friend.api('POST', '/api/notifications', sending)).body.code).toBe('user_not_found')
  })
})

describe('a replayed refresh token', () => {
  it('is a warning in the log, and a notification that its owner finds', async () => {
    const person = await newPerson(server())
    const winner = await refreshAt(server().url, person.cookie)
    await refreshAt(server().url, winner.headers.get('set-cookie')?.split(';')[0] ?? '')
    const replays = await Promise.all([1, 2, 3].map(() => refreshAt(server().url, person.cookie)))
    expect(replays.map(({ body }) => body.code)).toEqual(Array(3).fill('session_revoked'))

    const again = await signInOn(server(), person)
    await expect
      .poll(async () => (await again.api('GET', '/api/notifications')).body.items)
      .toEqual([
        expect.objectContaining({ type: 'account', title: 'A session was ended', actionUrl: '/#password' }),
      ])
    const warned = server().logged.filter((line) => line.includes(person.sid))
    expect(warned).toEqual([expect.stringMatching(/^warn A refresh token was used twice/)])
    expect(warned.join()).not.toContain(person.cookie.split('.')[1])
  })
})

describe('an admin that is none any more', () => {
  it('is none at once, although the token still says so', async () => {
    const admin = await newPerson(server(), { role: 'admin' })
    const broadcast = () =>
      admin.api('POST', '/api/notifications', { to: '*', title: 'to all', message: 'of you' })
    expect((await broadcast()).status).toBe(201)
    await server().models.User.updateOne({ _id: admin.id }, { $set: { role: 'user' } })
    expect((await broadcast()).body.code).toBe('admins_only')
    expect((await admin.api('GET', '/api/auth/me')).body.user).toMatchObject({ role: 'user' })
    const tab = await admin.tab()
    expect(tab.heard('session:ready')).toEqual([
      expect.objectContaining({ user: expect.objectContaining({ role: 'user' }) }),
    ])
  })
})

describe('names that are one by the rule of today', () => {
  it('are told in the log at start, and their users keep working; other keys are brought up to date', async () => {
    const first = await startServer()
    const { User } = first.models
    const { passwordHash } = (await newPerson(server()).then(({ id }) =>
      server().models.User.findById(id).lean(),
    )) ?? { passwordHash: '' }
    const old = (username: string, usernameKey: string) =>
      User.create({ username, usernameKey, passwordHash, role: 'user', createdAt: new Date() })
    await old('strasse', 'strasse')
    await old('Straße', 'straße')
    await old('Weiß', 'weiß')

    const second = await startServer({ mongoUri: first.mongoUri })
    try {
      expect(second.logged).toEqual([expect.stringMatching(/^warn .*"Straße".*"strasse"/)])
      const signedInAs = async (username: string) => {
        const body = { username, password: PASSWORD }
        return (await request(second.url, 'POST', '/api/auth/login', body)).body.user
      }
      expect(await signedInAs('Straße')).toMatchObject({ username: 'Straße' })
      expect(await signedInAs('STRASSE')).toMatchObject({ username: 'strasse' })
      expect(await signedInAs('weiss')).toMatchObject({ username: 'Weiß' })
      const body = { username: 'ſtraße', password: PASSWORD }
      expect((await request(second.url, 'POST', '/api/auth/register', body)).status).toBe(409)
    } finally {
      await second.close()
      await first.close()
    }
  })
})

describe('keys for programs', () => {
  const withKey = (key: unknown, method: string, path: string, body?: string) =>
    fetch(server().url + path, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }), // as curl -d sends it
      },
      ...(body !== undefined && { body }),
    })

  it('publish with one line of curl, and can do nothing else', async () => {
    const [owner, alice] = [await newPerson(server()), await newPerson(server())]
    const { status, body } = await owner.api('POST', '/api/keys', { name: 'backup script' })
    expect(status).toBe(201)
    expect(body).toEqual({
      id: expect.any(String),
      name: 'backup script',
      key: expect.stringMatching(/^publish_[\w-]{43}$/),
      createdAt: expect.any(String),
      lastUsedAt: null,
    })
    const sent = await withKey(body.key, 'POST', `/api/publish/${alice.username}`, 'Lunch')
    expect([sent.status, await sent.json()]).toMatchObject([201, { message: 'Lunch', from: owner.username }])
    for (const [method, path] of [
      ['GET', '/api/notifications'],
      ['GET', '/api/keys'],
      ['POST', '/api/notifications'],
      ['GET', '/api/auth/me'],
    ] as const) {
      expect((await withKey(body.key, method, path)).status).toBe(401)
    }
    const listed = await owner.api('GET', '/api/keys')
    expect(listed.body.items).toEqual([
      { id: body.id, name: 'backup script', createdAt: expect.any(String), lastUsedAt: expect.any(String) },
    ])
    const stored = await server().models.PublishKey.findById(body.id).lean()
    expect(JSON.stringify(stored)).not.toContain(body.key)
    expect((await alice.api('DELETE', `/api/keys/${body.id}`)).status).toBe(404)
    expect((await owner.api('DELETE', `/api/keys/${body.id}`)).status).toBe(204)
    expect((await withKey(body.key, 'POST', `/api/publish/${alice.username}`, 'again')).status).toBe(401)
  })

  it('are 20 at most, also when many are made at once', async () => {
    const owner = await newPerson(server())
    const make = async () => (await owner.api('POST', '/api/keys', { name: 'a script' })).status
    for (let n = 0; n < 15; n++) expect(await make()).toBe(201)
    await Promise.all(Array.from({ length: 40 }, make))
    expect(await server().models.PublishKey.countDocuments({ userId: owner.id })).toBeLessThanOrEqual(20)
  })
})

describe('preferences', () => {
  it('are kept as they were put; what tells of a stranger cannot be turned off', async () => {
    const person = await newPerson(server())
    const nothing = { mutedUntil: null, off: { socket: [], push: [], email: [] } }
    expect((await person.api('GET', '/api/preferences')).body).toEqual(nothing)
    const off = { socket: [], push: ['promotion'], email: [] }
    const put = await person.api('PUT', '/api/preferences', { off: { push: ['promotion'] } })
    expect([put.status, put.body]).toEqual([200, { mutedUntil: null, off }])
    const mutedUntil = new Date(Date.now() + 60_000).toISOString()
    expect((await person.api('PUT', '/api/preferences', { mutedUntil })).body.mutedUntil).toBe(mutedUntil)
    expect((await person.api('PUT', '/api/preferences', { off: { push: ['account'] } })).status).toBe(400)
    expect((await person.api('PUT', '/api/preferences', { off: { sms: [] } })).status).toBe(400)
  })
})
