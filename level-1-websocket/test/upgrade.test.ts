import { describe, expect, it } from 'vitest'
import { connect, refusal } from './support/client.ts'
import { closeCodeIn, connectRaw, upgradeRequest } from './support/raw.ts'
import { allGone, startServer } from './support/server.ts'

describe('an upgrade', () => {
  it.each(['/', '/ws/', '/wss', '/WS', '/%77s', '/ws/../x', '/notify', '/healthz'])(
    'at %s is a 404 before the handshake',
    async (path) => {
      const server = await startServer()
      expect(await refusal(server, { path })).toEqual({ status: 404, code: 'not_found' })
      expect(server.clients.size).toBe(0)
    },
  )

  it('at /ws is welcome, with a query, too', async () => {
    const server = await startServer()
    const peer = await connectRaw(server, upgradeRequest('/ws?from=test'))
    const received = await peer.until((bytes) => bytes.includes('\r\n\r\n'))
    expect(String(received)).toMatch(/^HTTP\/1.1 101 /)
  })

  it.each([
    ['without a key', { 'Sec-WebSocket-Key': '' }, '400 Bad Request'],
    ['with a key that is none', { 'Sec-WebSocket-Key': 'short' }, '400 Bad Request'],
    ['of a version nobody speaks', { 'Sec-WebSocket-Version': '99' }, '400 Bad Request'],
    ['to another protocol', { Upgrade: 'h2c' }, '400 Bad Request'],
  ])('%s is refused, and the connection closed', async (_name, headers: Record<string, string>, status) => {
    const server = await startServer()
    const peer = await connectRaw(server, upgradeRequest('/ws', headers))
    expect(String(await peer.ended)).toContain(`HTTP/1.1 ${status}`)
    expect(server.clients.size).toBe(0)
  })

  it('that was refused ends the connection although the peer never closes its side', async () => {
    const server = await startServer()
    const peer = await connectRaw(server, upgradeRequest('/nowhere'))
    expect(String(await peer.ended)).toContain('404 Not Found')
    await expect
      .poll(() => new Promise((resolve) => server.http.getConnections((_error, count) => resolve(count))))
      .toBe(0)
  })

  it('may be reset by the peer at any moment: the server lives', async () => {
    const server = await startServer()
    for (const path of ['/ws', '/nowhere', '/ws', '/nowhere']) {
      const peer = await connectRaw(server, upgradeRequest(path))
      peer.tcp.resetAndDestroy()
    }
    const client = await connect(server)
    client.socket.send('alive?')
    expect(String((await client.next()).data)).toBe('alive?')
    expect(server.errors).toEqual([])
  })
})

describe('MAX_CLIENTS', () => {
  it('is a 503 for one more, and there is room again when somebody leaves', async () => {
    const server = await startServer({ maxClients: 2 })
    const [first] = [await connect(server), await connect(server)]
    expect(await refusal(server)).toEqual({ status: 503, code: 'full' })
    first.socket.close()
    await first.closed
    await expect.poll(() => server.clients.size).toBe(1)
    const third = await connect(server)
    third.socket.send('room for me')
    expect(String((await third.next()).data)).toBe('room for me')
  })
})

describe('the server when it closes', () => {
  it('tells every client 1001 and is done when they have answered', async () => {
    const server = await startServer()
    const clients = [await connect(server), await connect(server)]
    await server.close()
    for (const client of clients) {
      expect(await client.closed).toEqual({ code: 1001, reason: 'server is shutting down' })
    }
    expect(server.clients.size).toBe(0)
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow()
  })

  it('does not wait long for a peer that never answers the goodbye', async () => {
    const server = await startServer()
    const peer = await connectRaw(server, upgradeRequest())
    const client = await connect(server)
    const started = performance.now()
    await server.close()
    expect(performance.now() - started).toBeLessThan(2_500)
    expect(closeCodeIn(await peer.ended)).toBe(1001)
    expect((await client.closed).code).toBe(1001)
    await allGone(server)
  })

  it('does not wait long for half a request', async () => {
    const server = await startServer()
    await connectRaw(server, 'POST /notify HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf')
    await connectRaw(server, 'GET /heal')
    await connectRaw(server)
    const started = performance.now()
    await server.close()
    expect(performance.now() - started).toBeLessThan(2_500)
  })
})
