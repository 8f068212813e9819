import { setTimeout as sleep } from 'node:timers/promises'
import { type PushService, startPushService } from '@levels/shared/testing/push-service.ts'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Cluster, childrenOf, startCluster } from '../support/cluster.ts'
import { type OpenPage, openPage, type Person, register } from '../support/person.ts'

/** Everything dies at once, is started again after 1 to 5 s, and has to catch up: generous for a busy machine. */
const RECOVERY = { timeout: 60_000, interval: 200 }

describe('kill -9 in mid-stream', () => {
  let service: PushService
  let cluster: Cluster
  beforeAll(async () => {
    service = await startPushService()
    cluster = await startCluster({
      PUSH_CA_FILE: service.caFile,
      PUSH_ALLOWED_HOSTS: `localhost:${service.port}`,
      PUSH_DELAY_MS: '500',
    })
  }, 60_000)
  afterAll(async () => {
    await cluster.stop()
    await service.close()
  })

  // A push that was under way when its sender died may come twice; a death elsewhere is no excuse.
  const victims: [name: string, programs: RegExp[], mayRepeat: number][] = [
    ['an instance', [/main\.ts/], 64],
    ['Redis', [/redis-process\.ts|redis-server \S+:\d+$/], 0],
    ['MongoDB', [/mongo-process\.ts/], 64],
    ['the balancer', [/balancer-process\.ts/], 0],
    [
      'everything at once',
      [/main\.ts/, /main\.ts/, /redis-process\.ts/, /mongo-process\.ts/, /balancer-process\.ts/],
      64,
    ],
  ]

  test.each(victims)(
    '%s: what was acknowledged is on screen once, every due push came, nobody lent a hand',
    { timeout: 180_000 },
    async (name, programs, mayRepeat) => {
      const watcher = await register(cluster.balancer, `w-${slug(name)}`)
      const sleeper = await register(cluster.balancer, `s-${slug(name)}`)
      const page = await openPage(cluster.balancer, watcher)
      const browser = service.subscribe()
      const saved = await sleeper.fetch(cluster.balancer, '/api/push/subscriptions', {
        method: 'POST',
        body: browser,
      })
      expect(saved.status).toBe(201)

      const toWatcher = startStream(watcher)
      const toSleeper = startStream(sleeper)
      await vi.waitFor(() => expect(page.shown.size).toBeGreaterThan(10), RECOVERY)
      for (const pid of pidsOf(programs)) process.kill(pid, 'SIGKILL')
      await sleep(1_000) // the stream goes on while they are away
      const before = [toWatcher.acknowledged.length, toSleeper.acknowledged.length]
      await vi.waitFor(() => {
        expect(toWatcher.acknowledged.length).toBeGreaterThan((before[0] ?? 0) + 10)
        expect(toSleeper.acknowledged.length).toBeGreaterThan((before[1] ?? 0) + 10)
      }, RECOVERY)
      await Promise.all([toWatcher.stop(), toSleeper.stop()])

      await vi.waitFor(() => expectOnScreen(page, toWatcher.acknowledged), RECOVERY)
      await vi.waitFor(
        () => expect(new Set(pushedTo(browser.endpoint))).toEqual(new Set(toSleeper.acknowledged)),
        RECOVERY,
      )
      const repeated = pushedTo(browser.endpoint).length - toSleeper.acknowledged.length
      expect(repeated).toBeLessThanOrEqual(mayRepeat)
      page.close()
    },
  )

  /** Sends the person messages, one after the other, each until it is acknowledged, as a program with an outbox does. */
  function startStream(person: Person) {
    const acknowledged: string[] = []
    let streaming = true
    const done = (async () => {
      for (let index = 0; streaming; index++) {
        const id = await sendUntilAcknowledged(person, `${person.username}-${index}`)
        acknowledged.push(id)
        await sleep(20)
      }
    })()
    return {
      acknowledged,
      stop() {
        streaming = false
        return done
      },
    }
  }

  async function sendUntilAcknowledged(person: Person, key: string): Promise<string> {
    while (true) {
      const id = await send(person, key).catch(() => undefined)
      if (id) return id
      await sleep(100)
    }
  }

  async function send(person: Person, key: string): Promise<string | undefined> {
    const response = await fetch(`${cluster.balancer}/api/notifications`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${person.token}`,
        'content-type': 'application/json',
        'idempotency-key': key,
      },
      body: JSON.stringify({ to: 'me', title: 'Test', message: key }),
      signal: AbortSignal.timeout(5_000),
    })
    if (!response.ok) return undefined
    const { id } = (await response.json()) as { id: string }
    return id
  }

  function pidsOf(programs: RegExp[]): number[] {
    const children = childrenOf(cluster.program.pid)
    return programs.map((program) => {
      const index = children.findLastIndex(({ command }) => program.test(command))
      const [child] = children.splice(index, 1)
      if (index < 0 || !child) throw new Error(`${program} is not running`)
      return child.pid
    })
  }

  function pushedTo(endpoint: string): string[] {
    const messages = service.messages.filter((message) => message.endpoint === endpoint)
    return messages.map(({ plaintext }) => (JSON.parse(plaintext) as { id: string }).id)
  }
})

/** Exactly what was acknowledged: a repeated request is the same notification, so there is nothing else. */
function expectOnScreen(page: OpenPage, acknowledged: string[]): void {
  const bySeq = [...page.shown.values()].sort((a, b) => a.seq - b.seq)
  expect(bySeq.map(({ id }) => id)).toEqual(acknowledged)
  expect(bySeq.map(({ seq }) => seq)).toEqual(acknowledged.map((_, index) => index + 1))
}

function slug(name: string): string {
  return name.replaceAll(' ', '-').toLowerCase().slice(0, 15)
}
