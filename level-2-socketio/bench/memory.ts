import { enter, type RawClient } from './raw-client.ts'
import { type Kind, kinds, startServer } from './server-process.ts'

const ROUNDS = 5
const CONNECTIONS = 400

/** What one more connection costs a server, in bytes: each is a user of its own, and idle. */
export async function measureMemory(): Promise<Record<Kind, number[]>> {
  const results: Record<Kind, number[]> = { level: [], bare: [] }
  for (let round = 0; round < ROUNDS; round++) {
    for (const kind of kinds) results[kind].push(await measure(kind))
  }
  return results
}

async function measure(kind: Kind): Promise<number> {
  const server = await startServer(kind)
  const clients: RawClient[] = []
  const enterMany = async (count: number) => {
    for (let n = 0; n < count; n++) {
      clients.push(await enter(server.port, { username: `user-${clients.length}` }, () => undefined))
    }
  }
  await enterMany(100) // What the first ones make the server load and compile is not theirs.
  const before = await server.memoryInUse()
  await enterMany(CONNECTIONS)
  const perConnection = ((await server.memoryInUse()) - before) / CONNECTIONS
  for (const client of clients) client.close()
  await server.stop()
  return perConnection
}
