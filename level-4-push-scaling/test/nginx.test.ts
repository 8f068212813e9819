import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { type EmbeddedMongo, startEmbeddedMongo } from '@levels/shared/embedded/mongo/index.ts'
import { type RunningRedis, startRedis } from '@levels/shared/embedded/redis/index.ts'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { freePort } from './support/cluster.ts'
import { type Instance, startInstance } from './support/instance.ts'
import { type NameServer, startNameServer } from './support/name-server.ts'
import { nginxProgram, type RunningNginx, startNginx } from './support/nginx.ts'
import { notify, openPage, register } from './support/person.ts'

test('nginx waits longer for a silent socket than Socket.IO lets one be silent', async () => {
  const conf = await readFile(path.join(import.meta.dirname, '..', 'nginx.conf'), 'utf8')
  const [, seconds] = /proxy_read_timeout (\d+)s;/.exec(conf) ?? []
  expect(Number(seconds)).toBeGreaterThan(25 + 20) // pingInterval + pingTimeout
})

// Only Linux gives every machine all of 127.0.0.0/8.
const canRun = nginxProgram !== undefined && process.platform === 'linux'
if (!canRun)
  console.warn('SKIPPED, no nginx on the PATH (apt-get install nginx-light), or no Linux: nginx in front')
describe.skipIf(!canRun && process.env.CI !== 'true')('nginx in front of two instances', () => {
  let mongo: EmbeddedMongo
  let redis: RunningRedis
  let app1: Instance
  let app2: Instance
  let names: NameServer
  let nginx: RunningNginx
  let instancesPort: number

  /** As containers do, each has an address of its own, and the same port. */
  const startAt = (host: string, name: string) =>
    startInstance(
      name,
      { mongo: mongo.uri, redis: redis.uri },
      { TRUST_PROXY: '1', HOST: host, PORT: String(instancesPort) },
    )
  const whoAnswers = async () => {
    const response = await fetch(`${nginx.url}/readyz`)
    return ((await response.json()) as { instance: string }).instance
  }

  beforeAll(async () => {
    ;[mongo, redis, instancesPort] = await Promise.all([startEmbeddedMongo(), startRedis(), freePort()])
    ;[app1, app2] = await Promise.all([startAt('127.0.0.2', 'app1'), startAt('127.0.0.3', 'app2')])
    names = await startNameServer('127.0.0.2', '127.0.0.3')
    nginx = await startNginx({ nameServerPort: names.port, instancesPort })
  }, 60_000)
  afterAll(async () => {
    await nginx.stop()
    names.close()
    await Promise.all([app1.end('SIGKILL'), app2.end('SIGKILL')])
    await Promise.all([mongo.close(), redis.close()])
  })

  test("the visitor's own address reaches the instances, and not one that the visitor makes up", async () => {
    const response = await fetch(`${nginx.url}/api/auth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': '203.0.113.7' },
      body: JSON.stringify({ username: 'addressed', password: 'password123' }),
    })
    const { accessToken } = (await response.json()) as { accessToken: string }
    const sessions = await fetch(`${nginx.url}/api/auth/sessions`, {
      headers: { authorization: `Bearer ${accessToken}` },
    })
    expect(await sessions.json()).toMatchObject({ items: [{ ip: '127.0.0.1' }] })
  })

  test('its own page may connect and refresh, a foreign page may not', async () => {
    const refreshFrom = async (origin: string) => {
      const headers = { origin, 'x-requested-with': 'fetch' }
      return (await fetch(`${nginx.url}/api/auth/refresh`, { method: 'POST', headers })).status
    }
    expect(await refreshFrom(nginx.url)).toBe(401) // let through, but without a cookie
    expect(await refreshFrom('https://evil.example')).toBe(403)
    expect(await refreshFrom(app1.url)).toBe(403)
  })

  test('an instance stops: its pages move to the other, requests go on, nothing is lost', {
    timeout: 60_000,
  }, async () => {
    const alice = await register(nginx.url, 'alice-nginx')
    const page = await openPage(nginx.url, alice)
    const [leaving, staying] = page.instance === 'app1' ? [app1, 'app2'] : [app2, 'app1']
    const before = await notify(nginx.url, alice, 'before')
    expect(await leaving.end('SIGTERM')).toBe(0)
    const after = await notify(nginx.url, alice, 'after')
    await vi.waitFor(() => expect([...page.shown.keys()]).toEqual([before.id, after.id]), 15_000)
    expect(page.instance).toBe(staying)
    page.close()
  })

  test('an instance that is created anew has another address, and is asked there', {
    timeout: 60_000,
  }, async () => {
    const first = await startAt('127.0.0.4', 'app3')
    names.setAddresses('127.0.0.4')
    await vi.waitFor(async () => expect(await whoAnswers()).toBe('app3'), 10_000)
    expect(await first.end('SIGTERM')).toBe(0)
    const anew = await startAt('127.0.0.5', 'app3-anew')
    names.setAddresses('127.0.0.5')
    await vi.waitFor(async () => expect(await whoAnswers()).toBe('app3-anew'), 10_000)
    await anew.end('SIGKILL')
  })
})
