import jwt from 'jsonwebtoken'
import { describe, expect, it } from 'vitest'
import { newPerson, type Person, request, tokenFor } from '../support/person.ts'
import { JWT_SECRET, serverForAll } from '../support/server.ts'
import { refusal } from '../support/tab.ts'

describe('an access token', () => {
  const server = serverForAll()

  /** The person's token, with some of its claims changed, signed as told. */
  function forge(person: Person, claims: object, options: jwt.SignOptions = {}, secret = JWT_SECRET): string {
    const { payload } = jwt.decode(person.token, { complete: true }) ?? {}
    const changed = { ...(payload as object), ...claims }
    return jwt.sign(JSON.parse(JSON.stringify(changed)), secret, options)
  }

  const forgeries: [what: string, make: (person: Person) => unknown, code: string][] = [
    [
      'another secret',
      (person) => forge(person, {}, {}, 'another secret, just as long as the right one'),
      'token_invalid',
    ],
    ['HS512 and the right secret', (person) => forge(person, {}, { algorithm: 'HS512' }), 'token_invalid'],
    ['no signature', (person) => forge(person, {}, { algorithm: 'none' }, ''), 'token_invalid'],
    ['another issuer', (person) => forge(person, { iss: 'someone else' }), 'token_invalid'],
    ['another audience', (person) => forge(person, { aud: 'something else' }), 'token_invalid'],
    ['no session', (person) => forge(person, { sid: undefined }), 'token_invalid'],
    ['a session that is an operator', (person) => forge(person, { sid: { $ne: null } }), 'token_invalid'],
    ['no user', (person) => forge(person, { sub: undefined }), 'token_invalid'],
    ['a role that does not exist', (person) => forge(person, { role: 'root' }), 'token_invalid'],
    ['no end', (person) => forge(person, { exp: undefined }), 'token_invalid'],
    ['an end that no date can have', (person) => forge(person, { exp: 9e12 }), 'token_invalid'],
    ['an end in the far future', (person) => forge(person, { exp: 4e9 }), 'token_invalid'],
    ['an end in the past', (person) => forge(person, { exp: 1_000_000_000 }), 'token_expired'],
    [
      'a session that does not exist',
      (person) => forge(person, { sid: crypto.randomUUID() }),
      'session_revoked',
    ],
    [
      'another payload under its signature',
      ({ token }) => token.replace(/\.[^.]+\./, '.e30.'),
      'token_invalid',
    ],
    ['a refresh token instead', ({ cookie }) => cookie.split('=')[1], 'token_invalid'],
    ['a word instead', () => 'hello', 'token_invalid'],
    ['something huge instead', () => 'x'.repeat(10_000), 'token_invalid'],
  ]

  it.each(forgeries)('with %s opens neither REST nor the socket', async (_what, make, code) => {
    const person = await newPerson(server())
    const token = make(person)
    const { status, body, headers } = await request(server().url, 'GET', '/api/auth/me', undefined, {
      authorization: `Bearer ${token}`,
    })
    expect([status, body.code]).toEqual([401, code])
    expect(headers.get('www-authenticate')).toBe('Bearer')
    expect(await refusal(server().url, { token })).toMatchObject({ code, message: expect.any(String) })
  })

  it.each([
    ['missing', {}, 'token_missing'],
    ['null', { token: null }, 'token_missing'],
    ['empty', { token: '' }, 'token_missing'],
    ['a number', { token: 7 }, 'token_invalid'],
    ['an object', { token: { $ne: null } }, 'token_invalid'],
    ['an array', { token: ['a'] }, 'token_invalid'],
  ])('that is %s opens no socket', async (_what, auth, code) => {
    expect(await refusal(server().url, auth)).toMatchObject({ code })
  })

  it.each(['', 'Bearer', 'Basic YWxpY2U6cGFzc3dvcmQxMjM=', 'Bearer  '])(
    'is missing from the header "%s"',
    async (authorization) => {
      const { status, body } = await request(server().url, 'GET', '/api/auth/me', undefined, {
        authorization,
      })
      expect([status, body.code]).toEqual([401, 'token_missing'])
    },
  )

  it('in the URL is not looked at: URLs end up in logs', async () => {
    const person = await newPerson(server())
    expect((await request(server().url, 'GET', `/api/auth/me?token=${person.token}`)).status).toBe(401)
  })

  it('that has expired is told apart from one that was never good, so that a page knows to refresh', async () => {
    const person = await newPerson(server())
    const token = await tokenFor(server(), person, -1)
    expect(await refusal(server().url, { token })).toMatchObject({ code: 'token_expired' })
  })

  it('has the claims of the contract', async () => {
    const person = await newPerson(server(), { role: 'admin' })
    const { header, payload } = jwt.decode(person.token, { complete: true }) ?? {}
    expect(header).toMatchObject({ alg: 'HS256' })
    expect(payload).toMatchObject({
      sub: person.id,
      sid: person.sid,
      role: 'admin',
      jti: expect.any(String),
      iss: expect.any(String),
      aud: expect.any(String),
    })
  })

  it('never shows up in the server’s log, nor does any other secret', async () => {
    const person = await newPerson(server())
    await person.api('GET', '/api/auth/me')
    await request(server().url, 'POST', '/api/auth/login', {
      username: person.username,
      password: 'oops, wrong',
    })
    const log = server().logged.join('\n')
    for (const secret of [person.token, person.cookie, 'oops, wrong', JWT_SECRET]) {
      expect(log).not.toContain(secret)
    }
  })
})
