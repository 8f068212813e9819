import { once } from 'node:events'
import http, { createServer } from 'node:http'
import { listen } from '@levels/shared/server/run.ts'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  type Cluster,
  childrenOf,
  freePort,
  isAlive,
  launchCluster,
  startCluster,
} from '../support/cluster.ts'
import { logIn, notify, openPage, register } from '../support/person.ts'

/** Generous: a busy machine is slow to start a process. */
const SECONDS = { timeout: 30_000, interval: 100 }

describe('npm run level-4', () => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await startCluster()
  }, 60_000)
  afterAll(() => cluster.stop())

  test('it says where the balancer, both instances and the services are, and nothing else', () => {
    const { app1, app2, balancer } = cluster
    const lines = cluster.program.stdout().trim().split('\n')
    expect(lines).toEqual([
      'Level 4 · Web Push and several instances',
      `  ${balancer}`,
      expect.stringMatching(/^ {2}services: embedded MongoDB.*, .*127\.0\.0\.1:\d+$/),
      `  instances: app1 ${app1}, app2 ${app2}`,
      '  sign in as alice, bob, admin: password password123',
    ])
    expect(cluster.program.stderr()).toBe('')
  })

  test('one address leads to both instances, and what is sent on one shows on the other', async () => {
    const alice = await logIn(cluster.balancer, 'alice')
    const pages = await Promise.all([openPage(cluster.balancer, alice), openPage(cluster.balancer, alice)])
    expect(pages.map(({ instance }) => instance).sort()).toEqual(['app1', 'app2'])
    const { id } = await notify(cluster.balancer, alice, 'hello')
    for (const page of pages) await vi.waitFor(() => expect(page.shown.has(id)).toBe(true))
    for (const page of pages) page.close()
  })

  test('long-polling through it is refused: the second request reaches an instance that knows no such session', async () => {
    const poll = `${cluster.balancer}/socket.io/?EIO=4&transport=polling`
    const handshake = await get(poll)
    expect(handshake.status).toBe(200)
    const { sid } = JSON.parse(handshake.body.slice(1)) as { sid: string }
    // Two, so that one of them reaches the wrong instance; the other waits for news, as a long poll does.
    const refused = await Promise.race([get(`${poll}&sid=${sid}`), get(`${poll}&sid=${sid}`)])
    expect(refused).toEqual({ status: 400, body: '{"code":1,"message":"Session ID unknown"}' })
  })

  test('only someone who is signed in can kill an instance', async () => {
    const response = await fetch(`${cluster.app1}/api/dev/kill`, { method: 'POST' })
    expect(response.status).toBe(401)
  })

  test('an instance killed in mid-stream: the page moves over, nothing acknowledged is lost, and 5 s later it is back', {
    timeout: 60_000,
  }, async () => {
    const bob = await register(cluster.balancer, 'bob-stream')
    const page = await openPage(cluster.balancer, bob)
    const victim = page.instance === 'app1' ? cluster.app1 : cluster.app2
    const acknowledged: string[] = []
    let streaming = true
    const stream = (async () => {
      while (streaming) {
        // A request that dies with the instance was not acknowledged.
        const sent = await notify(cluster.balancer, bob, 'tick').catch(() => undefined)
        if (sent) acknowledged.push(sent.id)
      }
    })()
    await vi.waitFor(() => expect(page.shown.size).toBeGreaterThan(20), SECONDS)

    const moved = once(page.socket as unknown as NodeJS.EventEmitter, 'disconnect')
    const kill = await bob.fetch(victim, '/api/dev/kill', { method: 'POST', body: {} })
    expect(kill.status).toBe(202)
    await moved
    await vi.waitFor(() => expect(page.socket.connected).toBe(true), SECONDS)
    expect(page.instance).toBe(victim === cluster.app1 ? 'app2' : 'app1')
    const before = acknowledged.length
    await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(before + 20), SECONDS)
    streaming = false
    await stream

    await vi.waitFor(
      () => expect([...page.shown.keys()]).toEqual(expect.arrayContaining(acknowledged)),
      SECONDS,
    )
    const seqs = [...page.shown.values()].map(({ seq }) => seq).sort((a, b) => a - b)
    expect(seqs).toEqual(seqs.map((_, index) => index + 1))
    await vi.waitFor(async () => expect((await fetch(`${victim}/readyz`)).status).toBe(200), SECONDS)
    expect(cluster.program.stderr()).toMatch(/app[12] ended \(SIGKILL\): starting it again in 5 s/)
    page.close()
  })
})

test('a stop ends every process within 5 s, code 0, even with pages open', { timeout: 60_000 }, async () => {
  const cluster = await startCluster()
  const page = await openPage(cluster.balancer, await logIn(cluster.balancer, 'alice'))
  const children = childrenOf(cluster.program.pid)
  expect(children.length).toBeGreaterThanOrEqual(5)
  const started = performance.now()
  cluster.program.kill('SIGTERM')
  expect(await cluster.program.exit).toEqual({ code: 0, signal: null })
  expect(performance.now() - started).toBeLessThan(5_000)
  // Whoever had to be killed may take a moment to be gone.
  await vi.waitFor(() => expect(children.filter(({ pid }) => isAlive(pid))).toEqual([]), { timeout: 3_000 })
  page.close()
  await cluster.stop()
})

test('nothing stays behind when it is killed itself', { timeout: 60_000 }, async () => {
  const cluster = await startCluster()
  const children = childrenOf(cluster.program.pid)
  cluster.program.kill('SIGKILL')
  await vi.waitFor(() => expect(children.filter(({ pid }) => isAlive(pid))).toEqual([]), SECONDS)
  await cluster.stop()
})

test.each([0, 1, 40])('a start with PORT+%i taken is refused in one line, code 1', async (offset) => {
  const port = await freePort()
  const other = createServer()
  await listen(other, { host: '127.0.0.1', port: port + offset })
  const program = launchCluster({ PORT: String(port) })
  expect(await program.exit).toEqual({ code: 1, signal: null })
  expect(program.stdout()).toBe('')
  expect(program.stderr()).toMatch(new RegExp(`^Port ${port + offset} is taken: .*PORT=\\d+.*\\n$`))
  other.close()
})

test.each([
  [{ REDIS_URL: 'redis://127.0.0.1:1' }, /^REDIS_URL: Redis at 127\.0\.0\.1:1 cannot be reached .*\n$/],
  [{ MONGODB_URI: 'mongodb://127.0.0.1:1' }, /^MONGODB_URI: .*\n$/],
  [{ PUSH_DELAY_MS: 'soon' }, /^PUSH_DELAY_MS must be a whole number .*\n$/],
  [{ PORT: '65500' }, /^PORT .*\n$/],
])('a start with %j is refused in one line that names it, code 1', { timeout: 60_000 }, async (env, line) => {
  const program = launchCluster({ PORT: String(await freePort()), ...env })
  expect(await program.exit).toEqual({ code: 1, signal: null })
  expect(program.stdout()).toBe('')
  expect(program.stderr()).toMatch(line)
})

/** On a connection of its own, as different proxies or a busy browser would. */
async function get(url: string): Promise<{ status: number; body: string }> {
  const [response] = (await once(http.get(url, { agent: false }), 'response')) as [http.IncomingMessage]
  const body = (await response.setEncoding('utf8').toArray()).join('')
  return { status: response.statusCode ?? 0, body }
}
