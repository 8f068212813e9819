import { describe, expect, it } from 'vitest'
import { newPerson, type Person, request, signInOn } from './support/person.ts'
import { serverForAll, startServer } from './support/server.ts'

const OWN = { 'x-requested-with': 'fetch' }

describe('the refresh cookie', () => {
  const server = serverForAll()
  const refresh = (cookie: string, headers: Record<string, string> = OWN, url = server().url) =>
    request(url, 'POST', '/api/auth/refresh', undefined, { cookie, ...headers })
  const logOut = (cookie: string, headers: Record<string, string> = OWN) =>
    request(server().url, 'POST', '/api/auth/logout', undefined, { cookie, ...headers })
  const cookieOf = ({ headers }: { headers: Headers }) => headers.get('set-cookie')?.split(';')[0] ?? ''
  const session = (person: Person) => server().models.Session.findById(person.sid).lean()
  /** Lets the time pass in which a loser is forgiven. */
  const outliveGrace = (person: Person) =>
    server().models.Session.updateOne(
      { _id: person.sid },
      { $set: { rotatedAt: new Date(Date.now() - 10_001) } },
    )

  it('is out of the reach of scripts and of other sites, and travels only to /api/auth (31)', async () => {
    const person = await newPerson(server())
    const attributes = (await refresh(person.cookie)).headers.get('set-cookie')?.split('; ').slice(1)
    expect(attributes).toEqual(
      expect.arrayContaining(['Max-Age=2592000', 'Path=/api/auth', 'HttpOnly', 'SameSite=Strict']),
    )
    expect(attributes).not.toContain('Secure')
  })

  it('gives a new access token, and is replaced by its successor', async () => {
    const person = await newPerson(server())
    const first = await refresh(person.cookie)
    expect(first.status).toBe(200)
    expect(first.body).toMatchObject({ user: { username: person.username }, expiresIn: 900 })
    expect(cookieOf(first)).not.toBe(person.cookie)
    const second = await refresh(cookieOf(first))
    expect(second.status).toBe(200)
    const me = await person.api('GET', '/api/auth/me', undefined, {
      authorization: `Bearer ${second.body.accessToken}`,
    })
    expect(me.status).toBe(200)
  })

  it('gives two tokens of one second that differ (34)', async () => {
    const person = await newPerson(server())
    const first = await refresh(person.cookie)
    const second = await refresh(person.cookie)
    expect(second.body.accessToken).not.toBe(first.body.accessToken)
  })

  it('has one successor, however many refresh at once on however many instances (25)', async () => {
    const other = await startServer({ mongoUri: server().mongoUri })
    const person = await newPerson(server())
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) => refresh(person.cookie, OWN, n % 2 ? other.url : server().url)),
    )
    await other.close()
    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200))
    expect(new Set(answers.map(cookieOf)).size).toBe(1)
    const successor = cookieOf(answers[0] ?? { headers: new Headers() })
    expect((await refresh(successor)).status).toBe(200)
  })

  it('forgives the loser of a race: same outcome, no logout, no cookie taken away (26)', async () => {
    const person = await newPerson(server())
    const winner = await refresh(person.cookie)
    const loser = await refresh(person.cookie)
    expect(loser.status).toBe(200)
    expect(cookieOf(loser)).toBe(cookieOf(winner))
    expect((await session(person))?.revokedAt).toBeUndefined()
  })

  it.each(['after the grace', 'once its successor was used'])(
    'shown again %s ends the session and cuts its sockets (24, 26)',
    async (when) => {
      const person = await newPerson(server())
      const tab = await person.tab()
      const winner = await refresh(person.cookie)
      if (when === 'after the grace') await outliveGrace(person)
      else await refresh(cookieOf(winner))

      const replay = await refresh(person.cookie)
      expect([replay.status, replay.body.code]).toEqual([401, 'session_revoked'])
      expect(replay.headers.get('set-cookie')).toBeNull()
      expect(await tab.next('session:ended')).toEqual({ code: 'session_revoked' })
      expect(await tab.lost()).toBe('io server disconnect')
      expect((await refresh(cookieOf(winner))).body.code).toBe('session_revoked')
      expect((await person.api('GET', '/api/auth/me')).body.code).toBe('session_revoked')
    },
  )

  it('leaves the user’s other sessions alone when one of them is ended', async () => {
    const person = await newPerson(server())
    const elsewhere = await signInOn(server(), person)
    await refresh(person.cookie)
    await outliveGrace(person)
    await refresh(person.cookie)
    expect((await elsewhere.api('GET', '/api/auth/me')).status).toBe(200)
  })

  it('is in the database as a hash only, which is no cookie (28)', async () => {
    const person = await newPerson(server())
    const stored = await session(person)
    const secret = person.cookie.split('.')[1] ?? ''
    expect(JSON.stringify(stored)).not.toContain(secret)
    const signature = person.cookie.split('.')[2]
    for (const value of [stored?.tokenHash, `${person.sid}.${stored?.tokenHash}.${signature}`]) {
      expect((await refresh(`refresh_token=${value}`)).status).toBe(401)
    }
    expect((await refresh(person.cookie)).status).toBe(200)
  })

  it('made up around a session’s id ends nothing', async () => {
    const person = await newPerson(server())
    const madeUp = `refresh_token=${person.sid}.${'a'.repeat(43)}.${'b'.repeat(43)}`
    expect((await refresh(madeUp)).body.code).toBe('token_invalid')
    await logOut(madeUp)
    expect((await person.api('GET', '/api/auth/me')).status).toBe(200)
  })

  it.each([
    ['an operator object', `j:${JSON.stringify({ $ne: null })}`],
    ['an object with the fields of a token', 'j:{"sid":"x","secret":{"$gt":""}}'],
    ['an array', 'j:["a","b"]'],
    ['nothing', ''],
    ['a word', 'hello'],
    ['a token with something behind it', `${crypto.randomUUID()}.${'a'.repeat(43)}.${'a'.repeat(44)}`],
    ['a well-formed token that nobody made', `${crypto.randomUUID()}.${'a'.repeat(43)}.${'a'.repeat(43)}`],
    ['something huge', 'x'.repeat(6_000)],
  ])('that holds %s is refused and gives nothing (29)', async (_what, value) => {
    const { status, body, headers } = await refresh(`refresh_token=${encodeURIComponent(value)}`)
    expect([status, body.code]).toEqual([401, 'token_invalid'])
    expect(body.accessToken).toBeUndefined()
    expect(headers.get('set-cookie')).toBeNull()
  })

  it('that is missing is a 401, too', async () => {
    expect((await refresh('other=1')).body.code).toBe('token_missing')
  })

  it.each([
    ['a foreign origin', { ...OWN, origin: 'https://evil.example' }, 'origin_refused'],
    ['an origin that looks like ours', { ...OWN, origin: 'http://127.0.0.1.evil.example' }, 'origin_refused'],
    ['an opaque origin', { ...OWN, origin: 'null' }, 'origin_refused'],
    ['no X-Requested-With', {}, 'header_missing'],
    ['another X-Requested-With', { 'x-requested-with': 'XMLHttpRequest' }, 'header_missing'],
  ])('from a page with %s refreshes nothing and signs nobody out (32)', async (_what, headers, code) => {
    const person = await newPerson(server())
    const before = await session(person)
    for (const answer of [await refresh(person.cookie, headers), await logOut(person.cookie, headers)]) {
      expect([answer.status, answer.body.code]).toEqual([403, code])
      expect(answer.headers.get('set-cookie')).toBeNull()
    }
    expect(await session(person)).toEqual(before)
  })

  it('is accepted from the page’s own origin', async () => {
    const person = await newPerson(server())
    expect((await refresh(person.cookie, { ...OWN, origin: server().url })).status).toBe(200)
  })

  it.each(['refresh', 'logout'])('cannot be used with GET %s (32)', async (what) => {
    const { status, headers } = await request(server().url, 'GET', `/api/auth/${what}`, undefined, OWN)
    expect([status, headers.get('allow')]).toEqual([405, 'POST'])
  })

  it('of a session past its time is refused, although MongoDB has not swept it yet (41)', async () => {
    const person = await newPerson(server())
    await server().models.Session.updateOne(
      { _id: person.sid },
      { $set: { expiresAt: new Date(Date.now() - 1) } },
    )
    const { status, body } = await refresh(person.cookie)
    expect([status, body.code]).toEqual([401, 'token_expired'])
    expect((await person.api('GET', '/api/auth/me')).body.code).toBe('session_revoked')
  })

  it('slides: each refresh starts the 30 days anew', async () => {
    const person = await newPerson(server())
    await server().models.Session.updateOne(
      { _id: person.sid },
      { $set: { expiresAt: new Date(Date.now() + 60_000) } },
    )
    await refresh(person.cookie)
    const left = Number((await session(person))?.expiresAt) - Date.now()
    expect(left).toBeGreaterThan(29.9 * 86_400_000)
  })

  it('goes with logout, removed by the very attributes it was set with (31)', async () => {
    const person = await newPerson(server())
    const tab = await person.tab()
    const { status, headers } = await logOut(person.cookie)
    expect(status).toBe(204)
    expect(headers.get('set-cookie')).toMatch(
      /^refresh_token=; Path=\/api\/auth; Expires=Thu, 01 Jan 1970 .*; HttpOnly; SameSite=Strict$/,
    )
    expect(await tab.next('session:ended')).toEqual({ code: 'session_revoked' })
    expect((await refresh(person.cookie)).body.code).toBe('session_revoked')
    expect((await logOut(person.cookie)).status).toBe(204) // again is no error
  })

  it('is not needed to log out with an access token', async () => {
    const person = await newPerson(server())
    const headers = { ...OWN, authorization: `Bearer ${person.token}` }
    expect((await request(server().url, 'POST', '/api/auth/logout', undefined, headers)).status).toBe(204)
    expect((await person.api('GET', '/api/auth/me')).body.code).toBe('session_revoked')
  })
})
