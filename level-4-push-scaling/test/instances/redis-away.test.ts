import { once } from 'node:events'
import { openPageLike } from '@levels/3-jwt-notifications/test/support/index.ts'
import { type EmbeddedMongo, startEmbeddedMongo } from '@levels/embedded-mongo'
import { type RunningRedis, startRedis } from '@levels/embedded-redis'
import { describeEachRedis } from '@levels/embedded-redis/test/each-redis.ts'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { type Instance, launchInstance, startInstance } from '../support/instance.ts'
import { logIn, logOut, notify, type OpenPage, openPage, register } from '../support/person.ts'

/** Generous for a busy machine; what is promised is "within seconds". */
const SECONDS = { timeout: 10_000, interval: 50 }

describeEachRedis('Redis away', (kind) => {
  let mongo: EmbeddedMongo
  let redis: RunningRedis
  let app1: Instance
  let app2: Instance
  let isAway = false
  const pages: OpenPage[] = []

  beforeAll(async () => {
    ;[mongo, redis] = await Promise.all([startEmbeddedMongo(), startRedis({ kind })])
    const services = { mongo: mongo.uri, redis: redis.uri }
    ;[app1, app2] = await Promise.all([startInstance('app1', services), startInstance('app2', services)])
  })
  beforeEach(async () => {
    if (isAway) await bringBack()
    await vi.waitFor(
      async () => expect([await isReady(app1), await isReady(app2)]).toEqual([true, true]),
      SECONDS,
    )
  })
  afterEach(() => {
    for (const page of pages.splice(0)) page.close()
  })
  afterAll(async () => {
    const codes = await Promise.all([app1.end('SIGTERM'), app2.end('SIGTERM')])
    await Promise.all([mongo.close(), redis.close()])
    expect(codes).toEqual([0, 0])
  })
  const takeAway = async () => {
    isAway = true
    await redis.close()
  }
  const bringBack = async () => {
    redis = await startRedis({ kind, ...redis.address })
    isAway = false
  }
  const open = async (...args: Parameters<typeof openPage>) => {
    const page = await openPage(...args)
    pages.push(page)
    return page
  }

  test('no instance ends, requests succeed, and the pages of both instances get everything', async () => {
    const alice = await register(app1.url, 'alice-away')
    const here = await open(app1.url, alice)
    const there = await open(app2.url, alice)
    await takeAway()

    const started = performance.now()
    const sent = []
    for (let index = 0; index < 10; index++) sent.push(await notify(app1.url, alice, `message ${index}`))
    expect(performance.now() - started).toBeLessThan(5_000)
    const ids = sent.map(({ id }) => id)
    await vi.waitFor(() => expect(here.received).toEqual(ids))
    await vi.waitFor(() => expect([...there.shown.keys()]).toEqual(ids), SECONDS)

    await vi.waitFor(
      async () => expect(await readiness(app1)).toEqual({ mongo: 'up', redis: 'down' }),
      SECONDS,
    )
    expect((await fetch(`${app1.url}/healthz`)).status).toBe(200)
    for (const app of [app1, app2]) expect(app.output().match(/Redis is away/g)).toHaveLength(1)
  })

  test('once it is back, the instances hear each other again by themselves, and nothing was lost', async () => {
    const bob = await register(app1.url, 'bob-away')
    const there = await open(app2.url, bob)
    const before = await notify(app1.url, bob, 'before')
    await takeAway()
    const during = await notify(app1.url, bob, 'during')
    await bringBack()
    await vi.waitFor(async () => expect(await isReady(app1)).toBe(true), SECONDS)

    // Faster than any look into the log: it came through Redis.
    await vi.waitFor(async () => {
      const { id } = await notify(app1.url, bob, 'after')
      await vi.waitFor(() => expect(there.received).toContain(id), { timeout: 500, interval: 5 })
    }, SECONDS)
    await vi.waitFor(() =>
      expect([...there.shown.keys()]).toEqual(expect.arrayContaining([before.id, during.id])),
    )
    expect(new Set([...there.shown.values()].map(({ seq }) => seq)).size).toBe(there.shown.size)
  })

  test('what was read and deleted elsewhere meanwhile is so on every page afterwards', async () => {
    const erin = await register(app1.url, 'erin-away')
    const [read, gone] = [await notify(app1.url, erin, 'read'), await notify(app1.url, erin, 'gone')]
    const there = openPageLike(app2.url, erin.token)
    await vi.waitFor(() => expect(there.inbox.list()).toHaveLength(2), SECONDS)
    await takeAway()
    const change = (method: string, id: string, body?: object) =>
      fetch(`${app1.url}/api/notifications/${id}`, {
        method,
        body: body && JSON.stringify(body),
        headers: { authorization: `Bearer ${erin.token}`, 'content-type': 'application/json' },
      })
    expect((await change('PATCH', read.id, { read: true })).status).toBe(200)
    expect((await change('DELETE', gone.id)).status).toBe(204)
    await bringBack()
    await vi.waitFor(() => {
      expect(there.inbox.list().map(({ id, readAt }) => [id, typeof readAt])).toEqual([[read.id, 'string']])
      expect(there.inbox.unread).toBe(0)
    }, SECONDS)
    expect(there.connects).toBe(1)
  })

  test('a logout on one instance still cuts the session on the other', async () => {
    const carol = await register(app1.url, 'carol-away')
    const phone = await logIn(app1.url, 'carol-away')
    const here = await open(app1.url, carol)
    const there = await open(app2.url, carol)
    const onPhone = await open(app2.url, phone)
    await takeAway()
    const cutHere = once(here.socket as unknown as NodeJS.EventEmitter, 'disconnect')
    const ended = new Promise((resolve) => there.socket.once('session:ended', resolve))
    const cutThere = once(there.socket as unknown as NodeJS.EventEmitter, 'disconnect')
    expect((await logOut(app1.url, carol)).status).toBe(204)
    await cutHere
    expect(await ended).toEqual({ code: 'session_revoked' })
    await cutThere
    expect(onPhone.socket.connected).toBe(true)
  })

  test('an instance that starts then says so in one line and ends with code 1', async () => {
    await takeAway()
    const program = launchInstance('app3', { mongo: mongo.uri, redis: redis.uri })
    expect(await program.exit).toEqual({ code: 1, signal: null })
    expect(program.stdout()).toBe('')
    expect(program.stderr()).toMatch(
      /^REDIS_URL: Redis at 127\.0\.0\.1:\d+ cannot be reached \(.*ECONNREFUSED.*\).*\n$/,
    )
  })

  test('an instance that is stopped then still ends in order', async () => {
    const app3 = await startInstance('app3', { mongo: mongo.uri, redis: redis.uri })
    await takeAway()
    await vi.waitFor(() => expect(app3.output()).toContain('Redis is away'), SECONDS)
    const started = performance.now()
    expect(await app3.end('SIGTERM')).toBe(0)
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})

async function isReady(app: Instance): Promise<boolean> {
  return (await fetch(`${app.url}/readyz`)).ok
}

async function readiness(app: Instance): Promise<unknown> {
  const { checks } = (await (await fetch(`${app.url}/readyz`)).json()) as { checks: unknown }
  return checks
}
