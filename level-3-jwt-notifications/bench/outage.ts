import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { withServer } from '@levels/shared/bench/compare.ts'
import { startMongoProcess } from '@levels/shared/bench/mongo-process.ts'
import { neverVerdict } from '@levels/shared/bench/verdict.ts'
import type { NotificationPage } from '../src/events.ts'
import { makeUsers } from './client.ts'

const SERVERS = path.join(import.meta.dirname, 'servers.ts')
const REQUESTS = 3_000
const AT_ONCE = 60

/**
 * 3,000 requests, 60 at a time, half of them to store something, while MongoDB freezes, thaws, is killed and comes back.
 * Each is answered with success or with 503; whatever was acknowledged is in the log.
 */
export async function measureOutage(): Promise<void> {
  const dir = await mkdtemp(path.join(tmpdir(), 'bench-outage-'))
  let mongo = await startMongoProcess(dir)
  const { uri, address } = mongo
  // By the number of requests that were sent: what happens to the database.
  const events = new Map<number, () => unknown>([
    [500, () => mongo.signal('SIGSTOP')],
    [1_200, () => mongo.signal('SIGCONT')],
    [1_800, () => mongo.stop('SIGKILL')],
    [
      2_400,
      async () => {
        mongo = await startMongoProcess(dir, address)
      },
    ],
  ])
  try {
    const measure = async (server: Parameters<typeof makeUsers>[0]) => {
      const [, token = ''] = await makeUsers(server, 2)
      const url = `http://127.0.0.1:${server.port}/api/notifications`
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
      const body = JSON.stringify({ to: 'me', title: 'Sent', message: 'while the database comes and goes' })
      const statuses = new Map<number, number>()
      const acknowledged: number[] = []
      let sent = 0
      const worker = async () => {
        while (sent < REQUESTS) {
          const number = sent++
          await events.get(number)?.()
          const response = await fetch(url, number % 2 ? { headers } : { method: 'POST', headers, body })
          const answer = (await response.json()) as { seq?: number }
          statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
          if (response.status === 201) acknowledged.push(answer.seq ?? Number.NaN)
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, worker))

      const stored = new Set<number>()
      for (let path: string | undefined = '?limit=100'; path !== undefined; ) {
        const page = await fetch(url + path, { headers })
        const { items, nextBefore } = (await page.json()) as NotificationPage
        for (const { seq } of items) stored.add(seq)
        path = nextBefore === null ? undefined : `?limit=100&before=${nextBefore}`
      }
      return { statuses, lost: acknowledged.filter((seq) => !stored.has(seq)).length, stored: stored.size }
    }
    const { statuses, lost, stored } = await withServer(SERVERS, 'level', measure, { MONGODB_URI: uri })
    const others = [...statuses].filter(([status]) => ![200, 201, 503].includes(status))
    const failed = others.reduce((sum, [, count]) => sum + count, 0)
    console.log(
      `${REQUESTS} requests, ${AT_ONCE} at once, while MongoDB froze, was killed and came back: ` +
        `${[...statuses].map(([status, count]) => `${count} times ${status}`).join(', ')}; ` +
        `neither success nor 503: ${failed} (at most 0: ${neverVerdict(failed)}); ` +
        `acknowledged and lost: ${lost} of ${stored} (at most 0: ${neverVerdict(lost)})`,
    )
  } finally {
    mongo.signal('SIGCONT')
    await mongo.stop('SIGKILL')
    await rm(dir, { recursive: true, force: true })
  }
}
