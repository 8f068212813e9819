import path from 'node:path'
import { median, withServer } from '@levels/shared/bench/compare.ts'
import { verdict } from '@levels/shared/bench/verdict.ts'
import { makeUsers, post } from './client.ts'

const SERVERS = path.join(import.meta.dirname, 'servers.ts')
const UNREAD = 100_000
const LISTS = 21
const MAX_LIST_MS = 30
const MAX_OTHERS_MS = 100

/** One user with 100,000 unread notifications: what a page of it takes, and how long others wait while it is changed as a whole. */
export async function measureBulk(): Promise<void> {
  await withServer(SERVERS, 'level', async (server) => {
    const [, many = '', other = ''] = await makeUsers(server, 3)
    const call = async (method: string, path: string, token: string) => {
      const headers = { authorization: `Bearer ${token}` }
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method, headers })
      await response.arrayBuffer()
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`)
    }
    const list = (token: string) => timeOf(() => call('GET', '/api/notifications', token))
    await post(server.port, '/api/bench/log', { count: UNREAD }, many)
    await post(server.port, '/api/bench/log', { count: 100 }, other)
    const lists: number[] = []
    for (let n = 0; n < LISTS; n++) lists.push(await list(many))
    report(`a page of ${UNREAD.toLocaleString('en')} unread, p50`, median(lists), MAX_LIST_MS)

    const changes = [
      ['mark all read', 'POST', '/api/notifications/mark-all-read'],
      ['delete all read', 'DELETE', '/api/notifications?read=true'],
    ] as const
    for (const [what, method, path] of changes) {
      let done = false
      const change = timeOf(() => call(method, path, many)).finally(() => {
        done = true
      })
      const waits: number[] = []
      while (!done) waits.push(await list(other))
      report(
        `${what}, in ${((await change) / 1_000).toFixed(1)} s; others' page at worst`,
        Math.max(...waits),
        MAX_OTHERS_MS,
      )
    }
  })
}

async function timeOf(work: () => Promise<void>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

function report(what: string, ms: number, atMost: number): void {
  console.log(`${what}: ${ms.toFixed(1)} ms (at most ${atMost}: ${verdict(ms <= atMost)})`)
}
