import { once } from 'node:events'
import net from 'node:net'
import { onTestFinished } from 'vitest'

export interface RawPeer {
  tcp: net.Socket
  /** Resolves with everything received, when the connection has ended. */
  ended: Promise<Buffer>
  /** Resolves with everything received as soon as `enough` says so. */
  until(enough: (received: Buffer) => boolean): Promise<Buffer>
}

/** A TCP connection that says what it is told, and answers nothing by itself. */
export async function connectRaw({ port }: { port: number }, hello: string | Buffer = ''): Promise<RawPeer> {
  const tcp = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  onTestFinished(() => {
    tcp.destroy()
  })
  let received = Buffer.alloc(0)
  const wishes = new Set<() => void>()
  tcp.on('data', (chunk) => {
    received = Buffer.concat([received, chunk])
    for (const look of wishes) look()
  })
  const ended = new Promise<Buffer>((resolve) => {
    for (const event of ['end', 'error', 'close']) tcp.once(event, () => resolve(received))
  })
  tcp.on('error', () => undefined) // a reset is an end like any other
  await once(tcp, 'connect')
  if (hello.length > 0) tcp.write(hello)
  const until = (enough: (received: Buffer) => boolean) =>
    new Promise<Buffer>((resolve) => {
      const look = () => {
        if (!enough(received)) return
        wishes.delete(look)
        resolve(received)
      }
      wishes.add(look)
      look()
    })
  return { tcp, ended, until }
}

/** The request that asks for a WebSocket, as text, for a raw peer. */
export function upgradeRequest(path = '/ws', headers: Record<string, string> = {}): string {
  const all = {
    Host: 'localhost',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`
}

/** A raw peer that has become a WebSocket, and from there on neither reads frames nor answers them. */
export async function upgradeRaw(server: { port: number }): Promise<RawPeer> {
  const peer = await connectRaw(server, upgradeRequest())
  await peer.until((received) => received.includes('\r\n\r\n'))
  return peer
}

/** One client frame (RFC 6455 section 5.2), masked with zeros, so that its payload stays readable. */
export function frame(firstByte: number, payload: Buffer | string = '', masked = true): Buffer {
  const body = Buffer.from(payload)
  const mask = masked ? 0x80 : 0
  const length =
    body.length < 126
      ? Buffer.from([mask | body.length])
      : Buffer.from([mask | 126, body.length >> 8, body.length & 0xff])
  return Buffer.concat([Buffer.from([firstByte]), length, Buffer.alloc(masked ? 4 : 0), body])
}

/** The code of the close frame that `received` ends with. */
export function closeCodeIn(received: Buffer): number | undefined {
  const start = received.indexOf(0x88, received.indexOf('\r\n\r\n') + 4)
  return start === -1 || start + 4 > received.length ? undefined : received.readUInt16BE(start + 2)
}
