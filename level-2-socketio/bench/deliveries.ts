import { enter, type RawClient } from './raw-client.ts'
import { type Kind, kinds, startServer } from './server-process.ts'

const LISTENERS = 200
/** Broadcasts under way at any time. */
const IN_FLIGHT = 8
const ROUNDS = 40
const ROUND_MS = 250

interface Load {
  /** Broadcasts as fast as the server takes them, for ROUND_MS. Returns deliveries per second. */
  run(): Promise<number>
  stop(): Promise<void>
}

/** Both servers are there all the time and work in short turns, so that whatever else the machine does hits both. */
export async function measureDeliveries(): Promise<Record<Kind, number[]>> {
  const results: Record<Kind, number[]> = { level: [], bare: [] }
  const loads = { level: await startLoad('level'), bare: await startLoad('bare') }
  for (const kind of kinds) await loads[kind].run() // warm
  for (let round = 0; round < ROUNDS; round++) {
    for (const kind of round % 2 ? kinds : kinds.toReversed()) results[kind].push(await loads[kind].run())
  }
  for (const kind of kinds) await loads[kind].stop()
  return results
}

async function startLoad(kind: Kind): Promise<Load> {
  const server = await startServer(kind)
  const clients: RawClient[] = []
  let sent = 0
  let delivered = 0
  let until = 0
  let done: (() => void) | undefined

  // The senders take turns: the level lets each of them send 20 messages a second.
  const send = () => clients[sent++ % LISTENERS]?.send('x'.repeat(100))
  const onMessage = () => {
    delivered++
    if (delivered % LISTENERS !== 0) return
    if (performance.now() < until) send()
    else if (delivered === sent * LISTENERS) done?.()
  }
  for (let n = 0; n < LISTENERS; n++) {
    clients.push(await enter(server.port, { username: `user-${n}` }, onMessage))
  }

  return {
    async run() {
      const [before, start] = [delivered, performance.now()]
      until = start + ROUND_MS
      const finished = new Promise<void>((resolve) => {
        done = resolve
      })
      for (let n = 0; n < IN_FLIGHT; n++) send()
      await finished
      return ((delivered - before) / (performance.now() - start)) * 1_000
    },
    async stop() {
      for (const client of clients) client.close()
      await server.stop()
    },
  }
}
