import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { MAX_WAITING_BYTES } from '../src/send.ts'
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
  it('is terminated by pushes that it does not read, and everybody else gets every one', async () => {
    const server = await startServer()
    const slow = await upgradeRaw(server)
    const seen = firstSocket(server)
    slow.tcp.pause()
    const others = [await connect(server), await connect(server)]

    // The kernel holds some megabytes, too, before anything piles up here.
    let pushed = 0
    let most = 0
    while (server.clients.has(seen)) {
      const text = `${pushed++}:`.padEnd(1_024, '漢')
      await fetch(`${server.url}/notify`, { method: 'POST', body: text })
      most = Math.max(most, seen.bufferedAmount)
      expect(pushed).toBeLessThan(20_000)
    }
    expect(most).toBeGreaterThan(MAX_WAITING_BYTES / 2)
    expect(most).toBeLessThanOrEqual(MAX_WAITING_BYTES + 1_024) // frame headers are not counted ahead
    for (const other of others) await expectNumbered(other, pushed)
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
