import { describe, expect, it } from 'vitest'
import { newPerson, PASSWORD, request } from '../support/person.ts'
import { serverForAll, startServer } from '../support/server.ts'

describe('registering and signing in', () => {
  const server = serverForAll()
  const register = (body: unknown) => request(server().url, 'POST', '/api/auth/register', body)
  const logIn = (username: string, password: string) =>
    request(server().url, 'POST', '/api/auth/login', { username, password })

  it('makes an account and signs in at once', async () => {
    const { status, body, headers } = await register({ username: 'Ada', password: PASSWORD })
    expect(status).toBe(201)
    expect(body).toEqual({
      user: { id: expect.stringMatching(/^[0-9a-f]{24}$/), username: 'Ada', role: 'user' },
      accessToken: expect.any(String),
      expiresIn: 900,
    })
    expect(headers.get('set-cookie')).toMatch(/^refresh_token=/)
    const me = await request(server().url, 'GET', '/api/auth/me', undefined, {
      authorization: `Bearer ${body.accessToken}`,
    })
    expect(me.status).toBe(200)
    expect(me.body).toEqual({ user: body.user })
  })

  it('takes a name once, whatever its case and form, also between twenty at the same moment', async () => {
    const other = await startServer({ mongoUri: server().mongoUri })
    const attempts = Array.from({ length: 20 }, (_, n) =>
      request([server().url, other.url][n % 2] ?? '', 'POST', '/api/auth/register', {
        username: n % 3 ? 'Grace' : 'ｇrace',
        password: PASSWORD,
      }),
    )
    const statuses = (await Promise.all(attempts)).map(({ status }) => status)
    await other.close()
    expect(statuses.filter((status) => status === 201)).toHaveLength(1)
    expect(statuses.filter((status) => status === 409)).toHaveLength(19)
    expect(await server().models.User.countDocuments({ usernameKey: 'grace' })).toBe(1)
  })

  it.each([
    ['a space', 'ad a'],
    ['one letter', 'a'],
    ['21 letters', 'a'.repeat(21)],
    ['the word that means oneself', 'Me'],
    ['everyone', '*'],
    ['nothing', ''],
    ['a colon', 'user:1'],
  ])('refuses a username with %s', async (_what, username) => {
    const { status, body } = await register({ username, password: PASSWORD })
    expect([status, body.code]).toEqual([400, 'bad_payload'])
    expect(body.detail).toContain('username')
  })

  it('lets names of any script in', async () => {
    for (const username of ['Зоя_1', 'अनीता-1']) {
      const { status, body } = await register({ username, password: PASSWORD })
      expect(status).toBe(201)
      expect(body).toMatchObject({ user: { username } })
    }
  })

  it('refuses a wrong password and an unknown user with the same answer', async () => {
    const { username } = await newPerson(server())
    const wrong = await logIn(username, 'not the password')
    const unknown = await logIn('nobody-here', 'not the password')
    expect(wrong.status).toBe(401)
    expect(wrong.body).toMatchObject({ code: 'invalid_credentials' })
    expect(unknown.body).toEqual(wrong.body)
    expect(wrong.headers.get('www-authenticate')).toBe('Bearer')
    expect(wrong.headers.get('set-cookie')).toBeNull()
  })

  it('hashes for an unknown user, too: its answer does not come sooner', async () => {
    const username = 'known' // registered, not stored: with the hash that real users have
    await register({ username, password: PASSWORD })
    const time = async (name: string) => {
      const start = process.cpuUsage()
      await logIn(name, 'not the password')
      return process.cpuUsage(start).user // of all threads: hashing is the largest part by far
    }
    const known = await time(username)
    const unknown = await time('no-such-user')
    expect(unknown).toBeGreaterThan(known * 0.5)
    expect(unknown).toBeLessThan(known * 2)
  })

  it('keeps no password, only scrypt of one', async () => {
    await register({ username: 'hashed', password: PASSWORD })
    const user = await server().models.User.findOne({ usernameKey: 'hashed' }).lean()
    expect(user?.passwordHash).toMatch(/^scrypt\$32768\$8\$3\$/)
    expect(JSON.stringify(user)).not.toContain(PASSWORD)
  })
})

describe('rate limits', () => {
  const server = serverForAll({ config: { trustProxyHops: 1 } })
  const from = (ip: string) => ({ 'x-forwarded-for': ip })
  const logIn = (username: string, password: string, ip: string) =>
    request(server().url, 'POST', '/api/auth/login', { username, password }, from(ip))

  const counts = () => server().models.User.db.collection('ratelimits')
  const setFailures = (key: string, points: number) => counts().updateOne({ key }, { $set: { points } })

  it('stops guessing after 10 failures on one name, from wherever, even all at once', async () => {
    const { username } = await newPerson(server())
    await logIn(username, 'a wrong guess', '10.0.0.99')
    await setFailures(`login:name:${username}`, 7)
    const guesses = Array.from({ length: 6 }, (_, n) => logIn(username, 'a wrong guess', `10.0.0.${n}`))
    const statuses = (await Promise.all(guesses)).map(({ status }) => status).sort()
    expect(statuses).toEqual([401, 401, 401, 429, 429, 429])

    const { status, body, headers } = await logIn(username, PASSWORD, '10.0.1.1')
    expect([status, body.code]).toEqual([429, 'rate_limited'])
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(700)
    expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(900)
  })

  it('does not count sign-ins that succeed', async () => {
    const { username } = await newPerson(server())
    expect((await logIn(username, PASSWORD, '10.0.2.1')).status).toBe(200)
    expect(await counts().findOne({ key: `login:name:${username}` })).toMatchObject({ points: 0 })
    expect(await counts().findOne({ key: 'login:ip:10.0.2.1' })).toMatchObject({ points: 0 })
  })

  it('lets one address fail 100 times', async () => {
    await logIn('nobody-at-all', 'a wrong guess', '10.0.4.1')
    await setFailures('login:ip:10.0.4.1', 100)
    expect((await logIn('somebody-else', PASSWORD, '10.0.4.1')).status).toBe(429)
    expect((await logIn('somebody-else', PASSWORD, '10.0.4.2')).status).toBe(401)
  })

  it('lets one address register 200 times an hour in development', async () => {
    const register = (username: string) =>
      request(server().url, 'POST', '/api/auth/register', { username, password: PASSWORD }, from('10.0.5.1'))
    expect((await register('first-one')).status).toBe(201)
    await setFailures('register:ip:10.0.5.1', 199)
    expect((await register('first-one')).status).toBe(409) // registers nobody, and does not count
    expect((await register('last-one')).status).toBe(201)
    const { status, headers } = await register('one-too-many')
    expect(status).toBe(429)
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(3_500)
  })
})

describe('without a proxy of ours in front', () => {
  const server = serverForAll()

  it('nobody can choose an address', async () => {
    const headers = { 'x-forwarded-for': '10.9.9.9' }
    await request(server().url, 'POST', '/api/auth/login', { username: 'x-x', password: 'wrong' }, headers)
    const counts = server().models.User.db.collection('ratelimits')
    expect(await counts.findOne({ key: 'login:ip:10.9.9.9' })).toBeNull()
  })
})
