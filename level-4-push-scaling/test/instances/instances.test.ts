import { once } from 'node:events'
import { openPageLike } from '@levels/3-jwt-notifications/test/support/index.ts'
import { type EmbeddedMongo, startEmbeddedMongo } from '@levels/embedded-mongo'
import { type RunningRedis, startRedis } from '@levels/embedded-redis'
import { startTcpProxy, type TcpProxy } from '@levels/shared/testing/tcp-proxy.ts'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Instance, startInstance } from '../support/instance.ts'
import { logIn, logOut, notify, openPage, type Person, refresh, register } from '../support/person.ts'

// What the promises do not look at (`arrives`, `an-instance-dies`, `the-bus-dies`, `sign-out`, `once`: kept by two
// instances with a redis-server between them). Here it is the embedded Redis, behind a network that fails.

/** Generous for a busy machine; what is promised is "within seconds". */
const SECONDS = { timeout: 30_000, interval: 50 }

let mongo: EmbeddedMongo
let redis: RunningRedis
let road: TcpProxy
let app1: Instance
let app2: Instance

beforeAll(async () => {
  ;[mongo, redis] = await Promise.all([startEmbeddedMongo(), startRedis({ kind: 'embedded' })])
  road = await startTcpProxy(redis.uri)
  const viaRoad = new URL(redis.uri)
  viaRoad.port = String(road.port)
  const services = { mongo: mongo.uri, redis: viaRoad.href }
  ;[app1, app2] = await Promise.all([startInstance('app1', services), startInstance('app2', services)])
})
afterAll(async () => {
  await Promise.all([app1.end('SIGKILL'), app2.end('SIGKILL')])
  await road.close()
  await Promise.all([mongo.close(), redis.close()])
})

async function open(...args: Parameters<typeof openPage>) {
  const page = await openPage(...args)
  onTestFinished(page.close)
  return page
}

async function areReady(): Promise<void> {
  for (const { url } of [app1, app2])
    await vi.waitFor(async () => expect((await fetch(`${url}/readyz`)).status).toBe(200), SECONDS)
}

/** Presses "Kill this instance" for that one, on a page of app1; resolves with what is answered. */
async function kill(person: Person, instance: string) {
  const response = await person.fetch(app1.url, '/api/dev/kill', { method: 'POST', body: { instance } })
  return [response.status, await response.json()]
}

describe('two instances', () => {
  test('both name themselves and their services when asked whether they are ready', async () => {
    for (const [name, { url }] of Object.entries({ app1, app2 })) {
      const response = await fetch(`${url}/readyz`)
      expect(response.status).toBe(200)
      expect(await response.json()).toEqual({
        status: 'ready',
        instance: name,
        checks: { mongo: 'up', redis: 'up' },
      })
    }
  })

  test('eight senders over both into one log: none is told busy, no number is skipped or used twice', async () => {
    const bob = await register(app2.url, 'bob-numbers')
    const names = Array.from({ length: 8 }, (_, index) => `sender-${index}`)
    const senders = await Promise.all(names.map((name) => register(app1.url, name)))
    const seqs: number[] = []
    await Promise.all(
      senders.map(async (sender) => {
        for (let index = 0; index < 20; index++) {
          const url = index % 2 ? app1.url : app2.url
          const body = { to: bob.username, title: 'Hello', message: `message ${index}` }
          const answer = await sender.fetch(url, '/api/notifications', { method: 'POST', body })
          expect(answer.status).toBe(201)
          seqs.push(((await answer.json()) as { seq: number }).seq)
        }
      }),
    )
    expect(seqs.sort((a, b) => a - b)).toEqual(Array.from({ length: 160 }, (_, index) => index + 1))
  })

  test('a token refreshed on one is good on the other, and the cookie goes on working on both', async () => {
    const dave = await register(app1.url, 'dave-refresh')
    const first = dave.cookie
    expect(await refresh(app2.url, dave)).toBe(200)
    expect(dave.cookie).not.toBe(first)
    expect((await dave.fetch(app1.url, '/api/auth/me')).status).toBe(200)
    expect(await refresh(app1.url, dave)).toBe(200)
    expect((await open(app2.url, dave)).instance).toBe('app2')
  })

  test('an instance that is frozen holds nobody up: the other serves, and says that it does not answer', async () => {
    const bob = await register(app1.url, 'bob-frozen')
    const page = await open(app1.url, bob)
    app2.program.kill('SIGSTOP')
    onTestFinished(() => app2.program.kill('SIGCONT'))
    const started = performance.now()
    const { id } = await notify(app1.url, bob, 'hello')
    await vi.waitFor(() => expect(page.received).toEqual([id]))
    expect(performance.now() - started).toBeLessThan(2_000)
    expect(await kill(bob, 'app2')).toEqual([404, expect.objectContaining({ code: 'unknown_instance' })])
    expect(performance.now() - started).toBeLessThan(4_500)
  })
})

describe('while Redis is away', () => {
  test('what is read and deleted on one instance is so on the pages of the other afterwards, and a logout cuts them at once', async () => {
    const erin = await register(app1.url, 'erin-away')
    const carol = await register(app1.url, 'carol-away')
    const phone = await logIn(app1.url, 'carol-away')
    const [read, gone] = [await notify(app1.url, erin, 'read'), await notify(app1.url, erin, 'gone')]
    const erins = openPageLike(app2.url, erin.token)
    await vi.waitFor(() => expect(erins.inbox.list()).toHaveLength(2), SECONDS)
    const carols = await open(app2.url, carol)
    const onPhone = await open(app2.url, phone)
    road.reachable = false
    road.cut()

    const change = (method: string, id: string, body?: object) =>
      erin.fetch(app1.url, `/api/notifications/${id}`, { method, body })
    expect((await change('PATCH', read.id, { read: true })).status).toBe(200)
    expect((await change('DELETE', gone.id)).status).toBe(204)
    const ended = new Promise((resolve) => carols.socket.once('session:ended', resolve))
    const cut = once(carols.socket as unknown as NodeJS.EventEmitter, 'disconnect')
    expect((await logOut(app1.url, carol)).status).toBe(204)
    expect(await ended).toEqual({ code: 'session_revoked' })
    await cut
    expect(onPhone.socket.connected).toBe(true)
    expect(await kill(erin, 'app2')).toEqual([503, expect.objectContaining({ code: 'redis_unavailable' })])
    for (const app of [app1, app2]) expect(app.output().match(/Redis is away/g)).toHaveLength(1)

    road.reachable = true
    await areReady()
    await vi.waitFor(() => {
      expect(erins.inbox.list().map(({ id, readAt }) => [id, typeof readAt])).toEqual([[read.id, 'string']])
      expect(erins.inbox.unread).toBe(0)
    }, SECONDS)
    expect(erins.connects).toBe(1)
  })
})

// What hangs is worse than what is gone: nothing says no.
describe('while Redis hangs', () => {
  test('requests do not wait for it, and the pages of the other instance get everything', async () => {
    await areReady()
    const alice = await register(app1.url, 'alice-hangs')
    const page = await open(app2.url, alice)
    road.freeze()
    const started = performance.now()
    const sent = []
    for (let index = 0; index < 10; index++) sent.push(await notify(app1.url, alice, `message ${index}`))
    expect(performance.now() - started).toBeLessThan(5_000)
    const ids = sent.map(({ id }) => id)
    await vi.waitFor(() => expect([...page.shown.keys()]).toEqual(ids), SECONDS)
    await vi.waitFor(async () => expect((await fetch(`${app1.url}/readyz`)).status).toBe(503), SECONDS)
    road.thaw()
    await areReady()
    expect([...page.shown.keys()]).toEqual(ids)
  })

  test('the one that is named dies, the other lives on, and still stops in order', async () => {
    const alice = await register(app1.url, 'alice-kills')
    expect(await kill(alice, 'app9')).toEqual([404, expect.objectContaining({ code: 'unknown_instance' })])
    expect(await kill(alice, 'app2')).toEqual([202, { instance: 'app2' }])
    expect(await app2.program.exit).toEqual({ code: null, signal: 'SIGKILL' })
    road.freeze()
    const started = performance.now()
    expect(await app1.end('SIGTERM')).toBe(0)
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})
