import { describe, expect, it } from 'vitest'
import { logOutAt, OWN, refreshAt } from '../support/cookie.ts'
import { newPerson, type Person, request } from '../support/person.ts'
import { serverForAll } from '../support/server.ts'

describe('the refresh cookie', () => {
  const server = serverForAll()
  const refresh = (cookie: string, headers?: Record<string, string>, url = server().url) =>
    refreshAt(url, cookie, headers)
  const logOut = (cookie: string, headers?: Record<string, string>) => logOutAt(server().url, cookie, headers)
  const session = (person: Person) => server().models.Session.findById(person.sid).lean()

  it('is out of the reach of scripts and of other sites, and travels only to /api/auth', async () => {
    const person = await newPerson(server())
    const attributes = (await refresh(person.cookie)).headers.get('set-cookie')?.split('; ').slice(1)
    expect(attributes).toEqual(
      expect.arrayContaining(['Max-Age=2592000', 'Path=/api/auth', 'HttpOnly', 'SameSite=Strict']),
    )
    expect(attributes).not.toContain('Secure')
  })

  it('is in the database as a hash only, which is no cookie', async () => {
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
    ['a token of characters that are no ASCII', 'é'.repeat(124)],
    ['nothing', ''],
    ['a word', 'hello'],
    ['a token with something behind it', `${crypto.randomUUID()}.${'a'.repeat(43)}.${'a'.repeat(44)}`],
    ['a well-formed token that nobody made', `${crypto.randomUUID()}.${'a'.repeat(43)}.${'a'.repeat(43)}`],
    ['something huge', 'x'.repeat(6_000)],
  ])('that holds %s is refused and gives nothing', async (_what, value) => {
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
  ])('from a page with %s refreshes nothing and signs nobody out', async (_what, headers, code) => {
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

  it.each(['refresh', 'logout'])('cannot be used with GET %s', async (what) => {
    const { status, headers } = await request(server().url, 'GET', `/api/auth/${what}`, undefined, OWN)
    expect([status, headers.get('allow')]).toEqual([405, 'POST'])
  })

  it('goes with logout, removed by the very attributes it was set with', async () => {
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
