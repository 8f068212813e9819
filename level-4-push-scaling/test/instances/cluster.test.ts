import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import http, { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { freePort } from '@levels/shared/dev/ports.ts'
import { listen } from '@levels/shared/server/run.ts'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  type Cluster,
  childrenOf,
  isAlive,
  killNow,
  launchCluster,
  startCluster,
} from '../support/cluster.ts'
import { logIn, notify, openPage } from '../support/person.ts'

/** Generous: a busy machine is slow to start processes again. */
const SECONDS = { timeout: 60_000, interval: 100 }

// One cluster for all of them, in this order: the last one ends it.
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
    for (const page of pages) await vi.waitFor(() => expect(page.shown.has(id)).toBe(true), SECONDS)
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

  // What is lost then (nothing) is a promise: `npm run prove 4 -- --chaos`.
  test('kill -9 of everything at once: each process is started again, with nobody lending a hand', async () => {
    // Those further down first: some end by themselves when their parent is gone.
    for (const { pid } of childrenOf(cluster.program.pid).reverse()) killNow(pid)
    for (const url of [cluster.app1, cluster.app2, cluster.balancer])
      await vi.waitFor(async () => expect((await fetch(`${url}/readyz`)).status).toBe(200), SECONDS)
    const alice = await logIn(cluster.balancer, 'alice')
    await notify(cluster.balancer, alice, 'everything is back')
    for (const name of ['app1', 'app2'])
      expect(cluster.program.stderr()).toContain(`${name} ended (SIGKILL): starting it again in 5 s`)
  })

  test('a stop ends every process within 5 s, code 0, even with pages open', async () => {
    const page = await openPage(cluster.balancer, await logIn(cluster.balancer, 'alice'))
    const children = childrenOf(cluster.program.pid)
    expect(children.length).toBeGreaterThanOrEqual(5)
    const started = performance.now()
    cluster.program.kill('SIGTERM')
    expect(await cluster.program.exit).toEqual({ code: 0, signal: null })
    expect(performance.now() - started).toBeLessThan(5_000)
    // Whoever had to be killed may take a moment to be gone.
    await vi.waitFor(() => expect(children.filter(({ pid }) => isAlive(pid))).toEqual([]), SECONDS)
    page.close()
  })
})

test('nothing stays behind when it is killed itself', async () => {
  const program = launchCluster({ PORT: String(await freePort([1, 40])) })
  // As soon as the first have begun: how far each of them got is of no matter.
  await vi.waitFor(() => expect(childrenOf(program.pid).length).toBeGreaterThanOrEqual(2), SECONDS)
  const children = childrenOf(program.pid)
  program.kill('SIGKILL')
  await vi.waitFor(() => expect(children.filter(({ pid }) => isAlive(pid))).toEqual([]), SECONDS)
  await program.stop()
})

test('a stop while it starts is a stop like any other: code 0, and no word of a failure', async () => {
  const redis = createTcpServer() // says nothing: an instance that has come to it is still starting
  await listen(redis, { host: '127.0.0.1', port: 0 })
  const { port } = redis.address() as AddressInfo
  const dataDir = await mkdtemp(path.join(tmpdir(), 'level-4-'))
  const env = {
    PORT: String(await freePort([1, 40])),
    DATA_DIR: dataDir,
    REDIS_URL: `redis://127.0.0.1:${port}`,
  }
  const program = launchCluster(env)
  const [socket] = (await once(redis, 'connection')) as [Socket]
  const pidsOf = (script: string) =>
    childrenOf(program.pid).flatMap(({ pid, command }) => (command.includes(script) ? [pid] : []))
  const [[mongo = 0], apps] = [pidsOf('mongo-process.ts'), pidsOf('main.ts')]
  process.kill(mongo, 'SIGSTOP') // the stop waits for it, while the instances end that have not started yet
  program.kill('SIGTERM')
  for (const pid of apps) killNow(pid)
  await vi.waitFor(() => expect(apps.filter(isAlive)).toEqual([]), SECONDS)
  process.kill(mongo, 'SIGCONT')
  expect(await program.exit).toEqual({ code: 0, signal: null })
  expect(program.stderr()).toBe('')
  socket.destroy()
  redis.close()
  await rm(dataDir, { recursive: true, force: true })
})

test('a start with a port of the three taken is refused in one line, code 1', async () => {
  const port = await freePort([1, 40])
  const other = createServer()
  await listen(other, { host: '127.0.0.1', port: port + 40 })
  const program = launchCluster({ PORT: String(port) })
  expect(await program.exit).toEqual({ code: 1, signal: null })
  expect(program.stdout()).toBe('')
  expect(program.stderr()).toMatch(new RegExp(`^Port ${port + 40} is taken: .*PORT=\\d+.*\\n$`))
  other.close()
})

test('what keeps an instance from starting is told in its own words, in one line, code 1', async () => {
  const program = launchCluster({ PORT: String(await freePort([1, 40])), REDIS_URL: 'redis://127.0.0.1:1' })
  expect(await program.exit).toEqual({ code: 1, signal: null })
  expect(program.stdout()).toBe('')
  expect(program.stderr()).toMatch(/^REDIS_URL: Redis at 127\.0\.0\.1:1 cannot be reached .*\n$/)
})

/** On a connection of its own, as different proxies or a busy browser would. */
async function get(url: string): Promise<{ status: number; body: string }> {
  const [response] = (await once(http.get(url, { agent: false }), 'response')) as [http.IncomingMessage]
  const body = (await response.setEncoding('utf8').toArray()).join('')
  return { status: response.statusCode ?? 0, body }
}
