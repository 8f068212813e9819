import { type EmbeddedMongo, startEmbeddedMongo } from '@levels/embedded-mongo'
import { type RunningRedis, startRedis } from '@levels/embedded-redis'
import { startTcpProxy, type TcpProxy } from '@levels/shared/testing/tcp-proxy.ts'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Instance, startInstance } from '../support/instance.ts'
import { notify, openPage, register } from '../support/person.ts'

/** What hangs is worse than what is gone: nothing says no. */
const SECONDS = { timeout: 15_000, interval: 50 }

let mongo: EmbeddedMongo
let redis: RunningRedis
let road: TcpProxy
let app1: Instance
let app2: Instance

beforeAll(async () => {
  ;[mongo, redis] = await Promise.all([startEmbeddedMongo(), startRedis()])
  road = await startTcpProxy(redis.uri)
  const viaRoad = new URL(redis.uri)
  viaRoad.port = String(road.port)
  const services = { mongo: mongo.uri, redis: viaRoad.href }
  ;[app1, app2] = await Promise.all([startInstance('app1', services), startInstance('app2', services)])
}, 60_000)
afterAll(async () => {
  await Promise.all([app1.end('SIGKILL'), app2.end('SIGKILL')])
  await road.close()
  await Promise.all([mongo.close(), redis.close()])
})

test('Redis hangs: requests do not wait for it, and the pages of the other instance get everything', async () => {
  const alice = await register(app1.url, 'alice-frozen')
  const page = await openPage(app2.url, alice)
  road.freeze()
  const started = performance.now()
  const sent = []
  for (let index = 0; index < 10; index++) sent.push(await notify(app1.url, alice, `message ${index}`))
  expect(performance.now() - started).toBeLessThan(5_000)
  const ids = sent.map(({ id }) => id)
  await vi.waitFor(() => expect([...page.shown.keys()]).toEqual(ids), SECONDS)
  await vi.waitFor(async () => expect((await fetch(`${app1.url}/readyz`)).status).toBe(503), SECONDS)

  road.thaw()
  for (const app of [app1, app2]) {
    await vi.waitFor(async () => expect((await fetch(`${app.url}/readyz`)).status).toBe(200), SECONDS)
  }
  expect([...page.shown.keys()]).toEqual(ids)
  page.close()
})

test('an instance hangs: the other one serves as before', async () => {
  const bob = await register(app1.url, 'bob-frozen')
  const page = await openPage(app1.url, bob)
  app2.program.kill('SIGSTOP')
  const started = performance.now()
  const { id } = await notify(app1.url, bob, 'hello')
  await vi.waitFor(() => expect(page.received).toEqual([id]))
  expect(performance.now() - started).toBeLessThan(2_000)
  app2.program.kill('SIGCONT')
  page.close()
})

test('an instance that is stopped while Redis hangs still ends in order', async () => {
  road.freeze()
  const started = performance.now()
  expect(await app2.end('SIGTERM')).toBe(0)
  expect(performance.now() - started).toBeLessThan(5_000)
  road.thaw()
})
