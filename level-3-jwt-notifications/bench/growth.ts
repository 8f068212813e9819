import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type MeasuredServer, median, withServer } from '@levels/shared/bench/compare.ts'
import { startMongoProcess } from '@levels/shared/bench/mongo-process.ts'
import { residentBytes } from '@levels/shared/bench/process-use.ts'
import type { ServerToClientEvents } from '../src/events.ts'
import { openSocket, post } from './client.ts'
import { openInbox } from './inbox.ts'

const SERVERS = path.join(import.meta.dirname, 'servers.ts')
const SIZES = [100, 10_000, 200_000]
const ROUNDS = 21
/** What a page missed that comes back, whatever the size of its log. */
const MISSED = 100

const COLUMNS = ['publish', 'first page', 'count', `catch up on ${MISSED}`, 'start', 'memory, fresh']

/** A table: what a log of so many notifications of one user costs. */
export async function measureGrowth(): Promise<void> {
  console.log(`| notifications | ${COLUMNS.join(' | ')} |`)
  console.log(`|${' --- |'.repeat(COLUMNS.length + 1)}`)
  for (const size of SIZES) {
    const cells = await measureSize(size)
    console.log(`| ${size.toLocaleString('en')} | ${cells.join(' | ')} |`)
  }
}

async function measureSize(size: number): Promise<string[]> {
  const dir = await mkdtemp(path.join(tmpdir(), 'bench-growth-'))
  let mongo = await startMongoProcess(dir)
  try {
    const env = { MONGODB_URI: mongo.uri }
    const times = await withServer(SERVERS, 'level', (server) => measureLog(server, size), env)
    await mongo.stop()
    const started = performance.now()
    mongo = await startMongoProcess(dir)
    const start = performance.now() - started
    const mib = residentBytes(mongo.pid) / 1_048_576
    return [
      ...times.map((ms) => `${ms.toFixed(1)} ms`),
      `${(start / 1_000).toFixed(2)} s`,
      `${mib.toFixed(0)} MiB`,
    ]
  } finally {
    await mongo.stop('SIGKILL')
    await rm(dir, { recursive: true, force: true })
  }
}

/** Medians, in milliseconds, in the order of the first columns. */
async function measureLog(server: MeasuredServer, size: number): Promise<number[]> {
  const { token, notify, close } = await openInbox(server)
  close()
  await post(server.port, '/api/bench/log', { count: size }, token)
  const headers = { authorization: `Bearer ${token}` }
  const get = async (path: string) =>
    (await fetch(`http://127.0.0.1:${server.port}${path}`, { headers })).json()
  return [
    await medianOf(notify),
    await medianOf(() => get('/api/notifications')),
    await medianOf(() => post(server.port, '/api/bench/count', {}, token)),
    await medianOf(() => catchUp(server, token)),
  ]

  async function catchUp({ port }: MeasuredServer, token: string): Promise<void> {
    const { items } = (await get('/api/notifications?limit=1')) as { items: { seq: number }[] }
    const socket = openSocket(port, { token, after: (items[0]?.seq ?? 0) - MISSED })
    await new Promise<void>((resolve) => {
      const onMissed: ServerToClientEvents['notifications:missed'] = ({ more }) => {
        if (!more) resolve()
      }
      socket.on('notifications:missed', onMissed)
      socket.connect()
    })
    socket.disconnect()
  }
}

async function medianOf(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now()
    await work()
    times.push(performance.now() - started)
  }
  return median(times)
}
