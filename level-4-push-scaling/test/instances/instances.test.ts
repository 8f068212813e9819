import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { type EmbeddedMongo, startEmbeddedMongo } from '@levels/embedded-mongo'
import { type RunningRedis, startRedis } from '@levels/embedded-redis'
import { describeEachRedis } from '@levels/embedded-redis/test/each-redis.ts'
import { createLog } from '@levels/shared/server/log.ts'
import { listen, urlOf } from '@levels/shared/server/run.ts'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { createBalancer } from '../../dev/balancer.ts'
import { type Instance, startInstance } from '../support/instance.ts'
import { logIn, logOut, notify, type OpenPage, openPage, refresh, register } from '../support/person.ts'

describeEachRedis('two instances', (kind) => {
  let mongo: EmbeddedMongo
  let redis: RunningRedis
  let app1: Instance
  let app2: Instance
  const pages: OpenPage[] = []

  beforeAll(async () => {
    ;[mongo, redis] = await Promise.all([startEmbeddedMongo(), startRedis({ kind })])
    const services = { mongo: mongo.uri, redis: redis.uri }
    ;[app1, app2] = await Promise.all([startInstance('app1', services), startInstance('app2', services)])
  })
  afterEach(() => {
    for (const page of pages.splice(0)) page.close()
  })
  afterAll(async () => {
    await Promise.all([app1.end('SIGKILL'), app2.end('SIGKILL')])
    await Promise.all([mongo.close(), redis.close()])
  })
  const open = async (...args: Parameters<typeof openPage>) => {
    const page = await openPage(...args)
    pages.push(page)
    return page
  }

  test('what is sent on one arrives exactly once on the pages of both', async () => {
    const alice = await register(app1.url, 'alice-both')
    const here = await open(app1.url, alice)
    const there = await open(app2.url, alice)
    expect([here.instance, there.instance]).toEqual(['app1', 'app2'])

    const first = await notify(app1.url, alice, 'from app1')
    const second = await notify(app2.url, alice, 'from app2')
    // Each side's own last message: whatever came before it has come, once or twice.
    await vi.waitFor(() => {
      expect(here.received).toContain(second.id)
      expect(there.received).toContain(second.id)
    })
    expect(here.received).toEqual([first.id, second.id])
    expect(there.received).toEqual([first.id, second.id])
  })

  test('eight senders over both instances into one log: none is told busy, no number is skipped or used twice', {
    timeout: 60_000,
  }, async () => {
    const bob = await register(app2.url, 'bob-numbers')
    const page = await open(app2.url, bob)
    const names = Array.from({ length: 8 }, (_, index) => `sender-${index}`)
    const senders = await Promise.all(names.map((name) => register(app1.url, name)))
    const seqs: number[] = []
    await Promise.all(
      senders.map(async (sender) => {
        for (let index = 0; index < 40; index++) {
          const url = index % 2 ? app1.url : app2.url
          const body = { to: bob.username, title: 'Hello', message: `message ${index}` }
          const answer = await sender.fetch(url, '/api/notifications', { method: 'POST', body })
          expect(answer.status).toBe(201)
          seqs.push(((await answer.json()) as { seq: number }).seq)
        }
      }),
    )
    expect(seqs.sort((a, b) => a - b)).toEqual(Array.from({ length: 320 }, (_, index) => index + 1))
    await vi.waitFor(() => expect(page.shown.size).toBe(320), 10_000)
  })

  test('a page that moves to the other instance starts afresh there and is sent what it missed, once', async () => {
    const carol = await register(app1.url, 'carol-moves')
    const road = { host: '127.0.0.1', port: Number(new URL(app1.url).port) }
    const balancer = createBalancer([road], createLog('silent'))
    await listen(balancer.server, { host: '127.0.0.1', port: 0 })
    const page = await open(urlOf(balancer.server), carol)
    const seen = await notify(app1.url, carol, 'seen')
    await vi.waitFor(() => expect(page.received).toEqual([seen.id]))

    road.port = Number(new URL(app2.url).port)
    page.socket.io.engine.close()
    const missed = await notify(app1.url, carol, 'missed')
    await vi.waitFor(() => expect(page.instance).toBe('app2'))
    await vi.waitFor(() => expect(page.received).toEqual([seen.id, missed.id]))
    expect(page.socket.recovered).toBeFalsy()
    page.close()
    await balancer.close()
  })

  test('a token refreshed on one is good on the other, and the cookie goes on working on both', async () => {
    const dave = await register(app1.url, 'dave-refresh')
    const first = dave.cookie
    expect(await refresh(app2.url, dave)).toBe(200)
    expect(dave.cookie).not.toBe(first)
    expect((await dave.fetch(app1.url, '/api/auth/me')).status).toBe(200)
    expect(await refresh(app1.url, dave)).toBe(200)
    const page = await open(app2.url, dave)
    expect(page.instance).toBe('app2')
  })

  test('logging out on one cuts that session on the other, and no other session', async () => {
    const erin = await register(app1.url, 'erin-logout')
    const phone = await logIn(app1.url, 'erin-logout')
    const there = await open(app2.url, erin)
    const onPhone = await open(app2.url, phone)
    const ended = new Promise((resolve) => there.socket.once('session:ended', resolve))
    const cut = once(there.socket as unknown as NodeJS.EventEmitter, 'disconnect')
    expect((await logOut(app1.url, erin)).status).toBe(204)
    expect(await ended).toEqual({ code: 'session_revoked' })
    await cut
    expect(onPhone.socket.connected).toBe(true)
  })

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

  test('an instance that dies is no reason for the other to be less ready', async () => {
    await app1.end('SIGKILL')
    const until = Date.now() + 4_000
    while (Date.now() < until) {
      const response = await fetch(`${app2.url}/readyz`)
      expect(response.status).toBe(200)
      await sleep(200)
    }
  })
})
