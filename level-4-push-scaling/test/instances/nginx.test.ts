import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { get, type IncomingMessage, request } from 'node:http'
import net from 'node:net'
import path from 'node:path'
import { type EmbeddedMongo, startEmbeddedMongo } from '@levels/embedded-mongo'
import { type RunningRedis, startRedis } from '@levels/embedded-redis'
import { freePort } from '@levels/shared/dev/ports.ts'
import { listen } from '@levels/shared/server/run.ts'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Instance, startInstance } from '../support/instance.ts'
import { type NameServer, startNameServer } from '../support/name-server.ts'
import { nginxProgram, type RunningNginx, startNginx } from '../support/nginx.ts'
import { notify, openPage, register } from '../support/person.ts'
import { addressOf, refreshFrom, upgradeFrom } from '../support/visitor.ts'

test('nginx waits longer for a silent socket than Socket.IO lets one be silent', async () => {
  const conf = await readFile(path.join(import.meta.dirname, '..', '..', 'nginx.conf'), 'utf8')
  const [, socketConf = ''] = conf.split('location /socket.io/')
  const [, seconds] = /proxy_read_timeout (\d+)s;/.exec(socketConf) ?? []
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
  const startAt = (host: string, name: string, proxies = '1') =>
    startInstance(
      name,
      { mongo: mongo.uri, redis: redis.uri },
      { TRUST_PROXY: proxies, HOST: host, PORT: String(instancesPort) },
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

  test('a name that nobody allowed is refused', async () => {
    const { port } = new URL(nginx.url)
    const [answer] = (await once(
      get({ host: '127.0.0.1', port, path: '/', headers: { host: 'evil.example' } }),
      'response',
    )) as [IncomingMessage]
    expect(answer.statusCode).toBe(403)
    answer.resume()
  })

  test('whoever tries to sign in too fast is slowed down, as a problem; visitors from elsewhere are not', async () => {
    const { host, port } = new URL(nginx.url)
    const signInFrom = async (localAddress: string) => {
      const asking = request({
        host: '127.0.0.1',
        port,
        localAddress,
        agent: false,
        path: '/api/auth/login',
        method: 'POST',
        headers: { host },
      })
      const [answer] = (await once(asking.end(), 'response')) as [IncomingMessage]
      return { answer, text: (await answer.setEncoding('utf8').toArray()).join('') }
    }
    const answers = await Promise.all(Array.from({ length: 120 }, () => signInFrom('127.0.0.9')))
    const slowed = answers.filter(({ answer }) => answer.statusCode === 429)
    expect(slowed.length).toBeGreaterThan(0)
    expect(answers.length - slowed.length).toBeGreaterThanOrEqual(60) // a room behind one address
    const [first] = slowed
    expect(first?.answer.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'retry-after': '2',
    })
    expect(JSON.parse(first?.text ?? '')).toMatchObject({ status: 429, code: 'rate_limited' })
    expect((await signInFrom('127.0.0.1')).answer.statusCode).toBe(400)
  })

  test("the visitor's own address reaches the instances, and not one that the visitor makes up", async () => {
    expect(await addressOf(nginx.url, 'addressed', { 'x-forwarded-for': '203.0.113.7' })).toEqual([
      '127.0.0.1',
    ])
  })

  test('its own page may connect and refresh, a foreign page may not', async () => {
    expect(await refreshFrom(nginx.url, nginx.url)).toBe(401) // let through, but without a cookie
    expect(await refreshFrom(nginx.url, 'https://evil.example')).toBe(403)
    expect(await refreshFrom(nginx.url, app1.url)).toBe(403)
  })

  test('an instance that hangs holds a request for a while; then another one answers, unless it was a POST', async () => {
    let taken = 0
    const frozen = net.createServer((socket) => {
      taken++
      socket.on('error', () => socket.destroy())
    })
    await listen(frozen, { host: '127.0.0.6', port: instancesPort })
    names.setAddresses('127.0.0.2', '127.0.0.6')
    try {
      await vi.waitFor(() => {
        void whoAnswers()
        expect(taken).toBeGreaterThan(0)
      }, 30_000)
      const ask = (path: string, method: string) =>
        Promise.all(
          Array.from({ length: 20 }, async () => (await fetch(nginx.url + path, { method })).status),
        )
      // Those that wait for the same look-up of the name go to the same instance: ask until both were asked.
      const posted = new Set<number>()
      await vi.waitFor(async () => {
        const [read, answers] = await Promise.all([ask('/readyz', 'GET'), ask('/api/auth/refresh', 'POST')])
        expect(new Set(read)).toEqual(new Set([200]))
        for (const status of answers) posted.add(status)
        expect(posted).toEqual(new Set([403, 504])) // 403: the other one refuses a refresh like this
      }, 30_000)
    } finally {
      frozen.close()
      names.setAddresses('127.0.0.2', '127.0.0.3')
    }
    await vi.waitFor(async () => expect(await whoAnswers()).toBe('app2'), 30_000)
  })

  test('an instance stops: its pages move to the other, requests go on, nothing is lost', async () => {
    const alice = await register(nginx.url, 'alice-nginx')
    const page = await openPage(nginx.url, alice)
    const [leaving, staying] = page.instance === 'app1' ? [app1, 'app2'] : [app2, 'app1']
    const before = await notify(nginx.url, alice, 'before')
    expect(await leaving.end('SIGTERM')).toBe(0)
    const after = await notify(nginx.url, alice, 'after')
    // In either order: the second may come live while the first is being read from the log.
    const both = [before.id, after.id].sort()
    await vi.waitFor(() => expect([...page.shown.keys()].sort()).toEqual(both), 30_000)
    expect(page.instance).toBe(staying)
    page.close()
  })

  // An instance that is created anew has another address, too, and is asked there.
  test('behind a proxy that ends TLS, the page works, and visitors keep the address that proxy saw', async () => {
    const behind = await startAt('127.0.0.7', 'behind-tls', '2')
    names.setAddresses('127.0.0.7')
    await vi.waitFor(async () => expect(await whoAnswers()).toBe('behind-tls'), 30_000)
    const { host } = new URL(nginx.url)
    // The visitor made the first one up; the second is what that proxy saw.
    const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '198.51.100.1, 203.0.113.5' }
    expect(await addressOf(nginx.url, 'behind-tls', forwarded)).toEqual(['203.0.113.5'])

    expect(await refreshFrom(nginx.url, `https://${host}`, forwarded)).toBe(401) // let through, but without a cookie
    expect(await refreshFrom(nginx.url, 'https://evil.example', forwarded)).toBe(403)
    expect(await upgradeFrom(nginx.url, `https://${host}`, forwarded)).toBe(101)
    expect(await upgradeFrom(nginx.url, 'https://evil.example', forwarded)).toBe(403)
    await behind.end('SIGKILL')
  })
})
