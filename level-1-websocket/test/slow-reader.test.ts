import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { MAX_WAITING_BYTES, sendBounded } from '../src/send.ts'
import { type Client, connect } from './support/client.ts'
import { frame, upgradeRaw } from './support/raw.ts'
import { startServer, type TestServer } from './support/server.ts'

/** The server's end of the only connection so far. */
function firstSocket({ clients }: TestServer) {
  const [socket] = clients
  if (!socket) throw new Error('Nobody is connected')
  return socket
}

describe('a reader that lets more than 1 MiB pile up', () => {
  // What becomes of others meanwhile is a promise (slow-reader).
  it('is terminated before more than that waits for it', async () => {
    const server = await startServer()
    await upgradeRaw(server)
    const seen = firstSocket(server)
    const gone = once(seen, 'close')
    const message = Buffer.alloc(60_000)
    let most = 0
    while (sendBounded(seen, message, true)) most = Math.max(most, seen.bufferedAmount)
    expect(most).toBeGreaterThan(MAX_WAITING_BYTES - 2 * message.length)
    expect(most).toBeLessThanOrEqual(MAX_WAITING_BYTES)
    await gone
    expect(server.clients.size).toBe(0)
  })

  it('is terminated by its own echoes', async () => {
    const server = await startServer()
    const slow = await upgradeRaw(server)
    const gone = once(firstSocket(server), 'close')
    slow.tcp.pause()
    const message = frame(0x82, Buffer.alloc(60_000))
    const flood = setInterval(() => slow.tcp.writableNeedDrain || slow.tcp.write(message), 1)
    await gone
    clearInterval(flood)

    const other = await connect(server)
    other.socket.send('me?')
    expect(String((await other.next()).data)).toBe('me?')
    expect(server.clients.size).toBe(1)
  })

  it('is terminated by the answers to its own pings, which `ws` sends and counts by itself', async () => {
    const server = await startServer()
    const slow = await upgradeRaw(server)
    const gone = once(firstSocket(server), 'close')
    slow.tcp.pause()
    const pings = Buffer.concat(Array.from({ length: 500 }, () => frame(0x89, 'x'.repeat(125))))
    const flood = setInterval(() => slow.tcp.writableNeedDrain || slow.tcp.write(pings), 1)
    await gone
    clearInterval(flood)
    expect(server.clients.size).toBe(0)
  })

  it('is not one that reads at leisure and keeps below that', async () => {
    const server = await startServer()
    const client = await connect(server)
    client.socket.pause()
    for (let number = 0; number < 200; number++) {
      await fetch(`${server.url}/notify`, { method: 'POST', body: `${number}:`.padEnd(1_024, '漢') })
    }
    client.socket.resume()
    await expectNumbered(client, 200)
  })
})

/** The client gets the pushes 0 to `count` - 1, in order, without a gap. */
async function expectNumbered(client: Client, count: number): Promise<void> {
  for (let number = 0; number < count; number++) {
    expect(String((await client.next()).data)).toMatch(new RegExp(`^${number}:`))
  }
}
