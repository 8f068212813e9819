import { describe, expect, it } from 'vitest'
import { connect, refusal } from './support/client.ts'
import { startServer } from './support/server.ts'

const ALLOWED = 'https://app.example.com'

/** Origins that are not the page's own, `http://127.0.0.1:<port>`, however much they look like it. */
const foreign = [
  'http://127.0.0.1:PORT.evil.com',
  'http://127.0.0.1.evil.com:PORT',
  'http://evil.com',
  'http://evil127.0.0.1:PORT',
  'http://127.0.0.1:PORT1',
  'http://127.0.0.1:1',
  'http://127.0.0.1',
  'https://127.0.0.1:PORT',
  'ws://127.0.0.1:PORT',
  'http://user@127.0.0.1:PORT',
  'http://127.0.0.1:PORT@evil.com',
  'http://127.0.0.1:PORT/',
  'http://127.0.0.1:PORT/path',
  'http://127.0.0.1:PORT http://evil.com',
  'http://127.0.0.1:PORT, http://evil.com',
  'HTTP://127.0.0.1:PORT',
  'http://localhost:PORT',
  'null',
  'file://',
  '*',
  '',
  'undefined',
  `${ALLOWED}.evil.com`,
  `${ALLOWED}:8443`,
  'http://app.example.com',
  'https://evil.com?https://app.example.com',
]

describe('a page', () => {
  it.each(foreign)('from "%s" is kept out: 403 before the upgrade, and for /notify', async (template) => {
    const server = await startServer({ allowedOrigins: [ALLOWED] })
    const origin = template.replace('PORT', String(server.port))
    expect(await refusal(server, { headers: { origin } })).toEqual({ status: 403, code: 'origin_refused' })

    const listener = await connect(server)
    const response = await fetch(`${server.url}/notify`, {
      method: 'POST',
      body: 'spam',
      headers: { origin },
    })
    expect(response.status).toBe(403)
    expect((await response.json()).error.code).toBe('origin_refused')
    listener.socket.send('only me')
    expect(String((await listener.next()).data)).toBe('only me')
    expect(server.clients.size).toBe(1)
  })

  it('of the server itself may connect and push', async () => {
    const server = await startServer()
    const client = await connect(server, { origin: server.url })
    const options = { method: 'POST', body: 'own', headers: { origin: server.url } }
    expect((await fetch(`${server.url}/notify`, options)).status).toBe(202)
    expect(String((await client.next()).data)).toBe('own')
  })

  it('is the own one by whatever name the server was reached', async () => {
    const server = await startServer()
    const headers = { host: 'my-laptop.local:8080', origin: 'http://my-laptop.local:8080' }
    await connect(server, { headers })
    expect(server.clients.size).toBe(1)
    expect(await refusal(server, { headers: { ...headers, host: 'my-laptop.local' } })).toMatchObject({
      status: 403,
    })
  })

  it('is the own one behind a proxy that ends TLS and says so', async () => {
    const server = await startServer()
    const headers = { host: 'app.example.com', 'x-forwarded-proto': 'https' }
    await connect(server, { headers: { ...headers, origin: 'https://app.example.com' } })
    expect(
      await refusal(server, { headers: { ...headers, origin: 'http://app.example.com' } }),
    ).toMatchObject({
      status: 403,
    })
  })

  it('from an origin in ALLOWED_ORIGINS may connect and push', async () => {
    const server = await startServer({ allowedOrigins: ['https://other.example', ALLOWED] })
    const client = await connect(server, { origin: ALLOWED })
    const options = { method: 'POST', body: 'allowed', headers: { origin: ALLOWED } }
    expect((await fetch(`${server.url}/notify`, options)).status).toBe(202)
    expect(String((await client.next()).data)).toBe('allowed')
  })
})

describe('a program', () => {
  it('sends no Origin and may connect and push', async () => {
    const server = await startServer()
    const client = await connect(server)
    await fetch(`${server.url}/notify`, { method: 'POST', body: 'from curl' })
    expect(String((await client.next()).data)).toBe('from curl')
  })
})
