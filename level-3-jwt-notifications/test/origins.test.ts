import { describe, expect, it } from 'vitest'
import { newPerson, request } from './support/person.ts'
import { serverForAll } from './support/server.ts'
import { connectTab } from './support/tab.ts'

const FRIEND = 'http://localhost:5173'

describe('a page of another origin', () => {
  const server = serverForAll({ config: { allowedOrigins: [FRIEND] } })
  const preflight = (origin: string) =>
    request(server().url, 'OPTIONS', '/api/notifications', undefined, {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization, content-type',
    })

  it('that is in ALLOWED_ORIGINS is named back exactly, with credentials and never a wildcard', async () => {
    const { status, headers } = await preflight(FRIEND)
    expect(status).toBe(204)
    expect(headers.get('access-control-allow-origin')).toBe(FRIEND)
    expect(headers.get('access-control-allow-credentials')).toBe('true')
    expect(headers.get('access-control-allow-headers')).toContain('Authorization')
    expect(headers.get('vary')).toContain('Origin')
    const person = await newPerson(server())
    const me = await person.api('GET', '/api/auth/me', undefined, { origin: FRIEND })
    expect([me.status, me.headers.get('access-control-allow-origin')]).toEqual([200, FRIEND])
  })

  it('that is not gets no permission', async () => {
    for (const origin of ['https://evil.example', `${FRIEND}.evil.example`, 'null']) {
      const { headers } = await preflight(origin)
      expect(headers.get('access-control-allow-origin')).toBeNull()
      expect(headers.get('access-control-allow-credentials')).toBeNull()
    }
  })

  it('may refresh and connect when it is allowed', async () => {
    const person = await newPerson(server())
    const headers = { cookie: person.cookie, 'x-requested-with': 'fetch', origin: FRIEND }
    const refreshed = await request(server().url, 'POST', '/api/auth/refresh', undefined, headers)
    expect(refreshed.status).toBe(200)
    const tab = connectTab(server().url, { token: person.token }, { extraHeaders: { origin: FRIEND } })
    await tab.next('session:ready')
    const polling = '/socket.io/?EIO=4&transport=polling'
    const polled = await request(server().url, 'GET', polling, undefined, { origin: FRIEND })
    expect(polled.headers.get('access-control-allow-origin')).toBe(FRIEND)
    expect(polled.headers.get('access-control-allow-credentials')).toBe('true')
  })
})
