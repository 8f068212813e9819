import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket as Tcp } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createIo, type IoOptions } from './create-io.ts'
import { drained, forgetHandshake, MAX_WAITING_BYTES } from './socketio.ts'

async function serve(options: Pick<IoOptions, 'heartbeatMs'> = {}) {
  const http = createServer()
  const io = createIo(http, { allowedOrigins: [], isAllowedOrigin: () => true, ...options })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(async () => {
    await io.close()
  })
  return { io, port: (http.address() as AddressInfo).port }
}

/** A WebSocket that sends what it is told, and reads nothing unless it is told to. */
async function dial(
  port: number,
  query = '',
): Promise<{ tcp: Tcp; send(...frames: Buffer[]): void; closed: Promise<unknown> }> {
  const tcp = connect(port, '127.0.0.1')
  onTestFinished(() => {
    tcp.destroy()
  })
  tcp.on('error', () => undefined) // a reset is an end like any other, and so not `once` of node:events: it would reject
  const closed = new Promise((resolve) => tcp.once('close', resolve))
  tcp.write(
    `GET /socket.io/?EIO=4&transport=websocket${query} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  )
  await once(tcp, 'data')
  return { tcp, send: (...frames) => tcp.write(Buffer.concat(frames)), closed }
}

/** One short client frame (RFC 6455 section 5.2), masked with zeros. */
function frame(text: string, opcode = 1): Buffer {
  const body = Buffer.from(text)
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | body.length, 0, 0, 0, 0]), body])
}

describe('a connection', () => {
  it('that floods is cut, and what came in the same breath is not handled any more', async () => {
    const { io, port } = await serve()
    let handled = 0
    io.on('connection', (socket) => socket.onAny(() => handled++))
    const { tcp, send, closed } = await dial(port)
    tcp.resume()
    const [[socket]] = await Promise.all([once(io, 'connection'), send(frame('40'))])
    const gone = once(socket, 'disconnect')
    send(...Array.from({ length: 5_000 }, () => frame('42["x"]')))
    expect((await gone)[0]).toBe('forced close')
    await closed
    expect(handled).toBeGreaterThan(20)
    expect(handled).toBeLessThanOrEqual(1_000) // 500 in each of two seconds, should one begin meanwhile
    expect(io.engine.clientsCount).toBe(0)
  })

  it('makes one socket: the second handshake is cut, and no middleware is asked', async () => {
    const { io, port } = await serve()
    let asked = 0
    io.use((_socket, next) => {
      asked++
      next()
    })
    const { tcp, send, closed } = await dial(port)
    tcp.resume()
    send(...Array.from({ length: 300 }, () => frame('40')))
    await closed
    expect(asked).toBe(1)
    await expect.poll(() => io.sockets.sockets.size).toBe(0)
  })

  it('that answers no ping is cut, without waiting for its goodbye', async () => {
    const { port } = await serve({ heartbeatMs: 50 })
    const { tcp, closed } = await dial(port)
    tcp.resume()
    const began = performance.now()
    await closed
    expect(performance.now() - began).toBeLessThan(10_000)
  })

  it('that reads nothing is cut when 1 MiB waits for it', async () => {
    const { io, port } = await serve()
    const { tcp, send, closed } = await dial(port)
    const [[socket]] = await Promise.all([once(io, 'connection'), send(frame('40'))])
    tcp.pause()
    const text = 'x'.repeat(16_384)
    let sent = 0
    // The operating system takes some megabytes before anything waits here.
    while (socket.connected && sent < 4_000) {
      socket.emit('x', text)
      sent++
      if (sent % 50 === 0) await new Promise(setImmediate)
    }
    expect(socket.connected).toBe(false)
    expect(sent * text.length).toBeGreaterThan(MAX_WAITING_BYTES)
    tcp.resume()
    await closed
  })

  it('that reads gets as much as one likes, when the sender waits in between', async () => {
    const { io, port } = await serve()
    const { tcp, send } = await dial(port)
    let received = 0
    tcp.on('data', (chunk) => {
      received += chunk.length
    })
    const [[socket]] = await Promise.all([once(io, 'connection'), send(frame('40'))])
    const text = 'x'.repeat(200_000)
    for (let n = 0; n < 40; n++) {
      socket.emit('x', text)
      expect(await drained(socket.conn)).toBe(true)
    }
    await expect.poll(() => received).toBeGreaterThan(8_000_000)
    tcp.destroy()
    await once(socket, 'disconnect')
    expect(await drained(socket.conn)).toBe(false)
  })

  it('that pings and never reads the answers is cut', async () => {
    const { io, port } = await serve()
    const { tcp, send, closed } = await dial(port)
    const [[socket]] = await Promise.all([once(io, 'connection'), send(frame('40'))])
    tcp.pause()
    const before = process.memoryUsage().rss
    const pings = Buffer.concat(Array.from({ length: 5_000 }, () => frame('x'.repeat(125), 9)))
    const gone = once(socket, 'disconnect')
    const flood = setInterval(() => tcp.writableLength < 5_000_000 && send(pings), 1)
    onTestFinished(() => clearInterval(flood))
    await gone
    clearInterval(flood)
    tcp.resume()
    await closed
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1_048_576) // both ends are in this process
  })

  it('that asks for its upgrade twice is cut, with the transport that asked', async () => {
    const { io, port } = await serve()
    const open = await fetch(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`)
    const { sid } = JSON.parse((await open.text()).slice(1))
    const { tcp, send, closed } = await dial(port, `&sid=${sid}`)
    send(frame('2probe'))
    await once(tcp, 'data')
    expect(io.engine.clientsCount).toBe(1)
    send(frame('2probe'))
    await closed
    expect(io.engine.clientsCount).toBe(0)
  })

  it('lets go of its first request and, once read, of what the handshake said', async () => {
    const { io, port } = await serve()
    const { tcp, send } = await dial(port, '&key=secret')
    tcp.resume()
    const [[socket]] = await Promise.all([once(io, 'connection'), send(frame('40{"token":"secret"}'))])
    expect(socket.conn.request).toBe(null)
    expect(JSON.stringify(socket.handshake)).toContain('secret')
    forgetHandshake(socket)
    expect(JSON.stringify(socket.handshake)).not.toContain('secret')
  })
})
