import { once } from 'node:events'
import net from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { compare, type MeasuredServer } from '@levels/shared/bench/compare.ts'
import { compareWatched } from '@levels/shared/bench/hood.ts'
import { measureStart } from '@levels/shared/bench/start-time.ts'

const SERVERS = path.join(import.meta.dirname, 'servers.ts')
const ROUNDS = 9
const ECHO_CLIENTS = 50
/** Messages that each client has under way. */
const IN_FLIGHT = 20
const MESSAGE_BYTES = 100
const IDLE_CLIENTS = 2_000
const SECONDS = 1

/** `npm run bench 1`: the level against a bare `ws` server, and how soon it is ready. */
export const parts = {
  async echoes() {
    await compare(SERVERS, ROUNDS, [
      {
        what: `echoes/s, ${ECHO_CLIENTS} clients`,
        target: { atLeast: 0.95 },
        measure: async (server) => (await measureEchoes(server)).perSecond,
      },
      {
        // The same without the noise: what else runs on this machine takes no processor time of the server's.
        what: 'echoes per second of processor time',
        target: { atLeast: 0.95 },
        measure: async (server) => (await measureEchoes(server)).perProcessorSecond,
      },
    ])
  },
  async memory() {
    const what = `bytes/connection, ${IDLE_CLIENTS} idle`
    await compare(SERVERS, ROUNDS, [{ what, target: { atMost: 1.25 }, measure: measureMemory }])
  },
  hood: () =>
    compareWatched(
      SERVERS,
      'echoes per second of processor time',
      async (server) => (await measureEchoes(server)).perProcessorSecond,
    ),
  ready: () => measureStart('level-1', 0.6, { port: 3910 }),
}

async function measureEchoes({ port, processorTime }: MeasuredServer) {
  let received = 0
  const message = maskedFrame(MESSAGE_BYTES)
  const echoBytes = 2 + MESSAGE_BYTES // a server masks nothing
  const clients = await connectMany(port, ECHO_CLIENTS)
  for (const client of clients) {
    let partial = 0
    client.on('data', (chunk) => {
      partial += chunk.length
      const echoes = Math.floor(partial / echoBytes)
      partial %= echoBytes
      received += echoes
      if (echoes > 0) client.write(Buffer.concat(Array(echoes).fill(message)))
    })
    client.write(Buffer.concat(Array(IN_FLIGHT).fill(message)))
  }
  await sleep(500) // until the server's code is compiled
  const before = { received, time: performance.now(), processorTime: await processorTime() }
  await sleep(SECONDS * 1_000)
  const echoes = received - before.received
  const perSecond = (echoes / (performance.now() - before.time)) * 1_000
  const perProcessorSecond = echoes / ((await processorTime()) - before.processorTime)
  for (const client of clients) client.destroy()
  return { perSecond, perProcessorSecond }
}

async function measureMemory({ port, memory }: MeasuredServer): Promise<number> {
  const first = await connectMany(port, 50) // what the first connections load is not theirs
  const before = await memory()
  const idle = await connectMany(port, IDLE_CLIENTS)
  const perConnection = ((await memory()) - before) / IDLE_CLIENTS
  for (const client of [...first, ...idle]) client.destroy()
  return perConnection
}

/**
 * Connections that have become WebSockets, without a library: what is measured is the server, and a client that parsed
 * frames would need more time than it.
 */
async function connectMany(port: number, count: number): Promise<net.Socket[]> {
  const clients: net.Socket[] = []
  for (let number = 0; number < count; number++) {
    const client = net.connect({ port, host: '127.0.0.1', noDelay: true })
    client.write(
      `GET /ws HTTP/1.1\r\nHost: localhost:${port}\r\nOrigin: http://localhost:${port}\r\nConnection: Upgrade\r\n` +
        'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    )
    await once(client, 'data')
    clients.push(client)
  }
  return clients
}

/** A binary frame with `length` zeros (RFC 6455 section 5.2). A client must mask; zeros will do. */
function maskedFrame(length: number): Buffer {
  return Buffer.concat([Buffer.from([0x82, 0x80 | length, 0, 0, 0, 0]), Buffer.alloc(length)])
}
