import { describe, expect, it } from 'vitest'
import { OWN } from '../support/cookie.ts'
import { newPerson, request } from '../support/person.ts'
import { serverForAll } from '../support/server.ts'

describe('in production', () => {
  const server = serverForAll({ config: { production: true } })

  it('the cookie is sent over https only', async () => {
    const person = await newPerson(server())
    const headers = { ...OWN, cookie: person.cookie }
    const answer = await request(server().url, 'POST', '/api/auth/refresh', undefined, headers)
    expect(answer.headers.get('set-cookie')).toContain('; Secure')
    expect(answer.headers.get('strict-transport-security')).toMatch(/^max-age=\d{7,}/)
  })

  it('there are no experiments', async () => {
    const person = await newPerson(server())
    for (const what of ['expired-token', 'replay']) {
      expect((await person.api('POST', `/api/auth/experiments/${what}`)).status).toBe(404)
    }
  })
})

describe('the experiments of the page', () => {
  const server = serverForAll()

  it('replay a refresh token, which ends the session', async () => {
    const person = await newPerson(server())
    const tab = await person.tab()
    const headers = { ...OWN, cookie: person.cookie }
    const answer = await request(server().url, 'POST', '/api/auth/experiments/replay', undefined, headers)
    expect([answer.status, answer.body.code]).toEqual([401, 'session_revoked'])
    await tab.next('session:ended')
  })

  it('take no foreign page', async () => {
    const person = await newPerson(server())
    const headers = { ...OWN, cookie: person.cookie, origin: 'https://evil.example' }
    for (const what of ['expired-token', 'replay']) {
      const answer = await person.api('POST', `/api/auth/experiments/${what}`, undefined, headers)
      expect([answer.status, answer.body.code]).toEqual([403, 'origin_refused'])
    }
    expect((await person.api('GET', '/api/auth/me')).status).toBe(200)
  })

  it('give a token that has expired', async () => {
    const person = await newPerson(server())
    const { body } = await person.api('POST', '/api/auth/experiments/expired-token')
    const headers = { authorization: `Bearer ${body.accessToken}` }
    expect((await person.api('GET', '/api/auth/me', undefined, headers)).body.code).toBe('token_expired')
  })
})
