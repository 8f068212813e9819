import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { compare, type MeasuredServer } from '@levels/shared/bench/compare.ts'
import { compareWatched } from '@levels/shared/bench/hood.ts'
import { measureStart } from '@levels/shared/bench/start-time.ts'
import { enter, type RawClient } from './raw-client.ts'

const SERVERS = path.join(import.meta.dirname, 'servers.ts')
const ROUNDS = 7
const LISTENERS = 200
/** Broadcasts under way at any time. */
const IN_FLIGHT = 8
const SECONDS = 1
const IDLE_USERS = 400

/** `npm run bench 2`: the level against a bare Socket.IO server, and how soon it is ready. */
export const parts = {
  async deliveries() {
    await compare(SERVERS, ROUNDS, [
      {
        what: `deliveries/s, broadcast to ${LISTENERS} listeners`,
        target: { atLeast: 0.9 },
        measure: async (server) => (await measureDeliveries(server)).perSecond,
      },
      {
        // The same without the noise: what else runs on this machine takes no processor time of the server's.
        what: 'deliveries per second of processor time',
        target: { atLeast: 0.9 },
        measure: async (server) => (await measureDeliveries(server)).perProcessorSecond,
      },
    ])
  },
  async memory() {
    const what = `bytes/connection, ${IDLE_USERS} idle users`
    await compare(SERVERS, ROUNDS, [{ what, target: { atMost: 1 }, measure: measureMemory }])
  },
  hood: () =>
    compareWatched(
      SERVERS,
      'deliveries per second of processor time',
      async (server) => (await measureDeliveries(server)).perProcessorSecond,
    ),
  ready: () => measureStart('level-2', 0.6, { port: 3920 }),
}

async function measureDeliveries({ port, processorTime }: MeasuredServer) {
  const clients: RawClient[] = []
  let sent = 0
  let delivered = 0
  // The senders take turns: the level lets each of them send 20 messages a second.
  const send = () => clients[sent++ % LISTENERS]?.send('x'.repeat(100))
  const onMessage = () => {
    delivered++
    if (delivered % LISTENERS === 0) send()
  }
  for (let n = 0; n < LISTENERS; n++) clients.push(await enter(port, { username: `user-${n}` }, onMessage))
  for (let n = 0; n < IN_FLIGHT; n++) send()
  await sleep(500) // until the server's code is compiled
  const before = { delivered, time: performance.now(), processorTime: await processorTime() }
  await sleep(SECONDS * 1_000)
  const deliveries = delivered - before.delivered
  const perSecond = (deliveries / (performance.now() - before.time)) * 1_000
  const perProcessorSecond = deliveries / ((await processorTime()) - before.processorTime)
  for (const client of clients) client.close()
  return { perSecond, perProcessorSecond }
}

/** What one more connection costs the server, in bytes: each is a user of its own, and idle. */
async function measureMemory({ port, memory }: MeasuredServer): Promise<number> {
  const clients: RawClient[] = []
  const enterMany = async (count: number) => {
    for (let n = 0; n < count; n++) {
      clients.push(await enter(port, { username: `user-${clients.length}` }, () => undefined))
    }
  }
  await enterMany(100) // what the first ones make the server load and compile is not theirs
  const before = await memory()
  await enterMany(IDLE_USERS)
  const perConnection = ((await memory()) - before) / IDLE_USERS
  for (const client of clients) client.close()
  return perConnection
}
