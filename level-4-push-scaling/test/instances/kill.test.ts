import { type EmbeddedMongo, startEmbeddedMongo } from '@levels/embedded-mongo'
import { type RunningRedis, startRedis } from '@levels/embedded-redis'
import { describeEachRedis } from '@levels/embedded-redis/test/each-redis.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Instance, startInstance } from '../support/instance.ts'
import { type Person, register } from '../support/person.ts'

describeEachRedis('killing an instance through another', (kind) => {
  let mongo: EmbeddedMongo
  let redis: RunningRedis
  let app1: Instance
  let app2: Instance
  let alice: Person

  beforeAll(async () => {
    ;[mongo, redis] = await Promise.all([startEmbeddedMongo(), startRedis({ kind })])
    const services = { mongo: mongo.uri, redis: redis.uri }
    ;[app1, app2] = await Promise.all([startInstance('app1', services), startInstance('app2', services)])
    alice = await register(app1.url, 'alice-kills')
  })
  afterAll(async () => {
    await Promise.all([app1.end('SIGKILL'), app2.end('SIGKILL')])
    await Promise.all([mongo.close(), redis.close()])
  })
  const kill = async (instance: string) => {
    const started = performance.now()
    const response = await alice.fetch(app1.url, '/api/dev/kill', { method: 'POST', body: { instance } })
    expect(performance.now() - started).toBeLessThan(4_500)
    return [response.status, await response.json()]
  }

  test('a name that no instance has is unknown', async () => {
    expect(await kill('app9')).toEqual([404, expect.objectContaining({ code: 'unknown_instance' })])
  })

  test('one that is frozen does not answer, and holds nobody up', async () => {
    app2.program.kill('SIGSTOP')
    expect(await kill('app2')).toEqual([404, expect.objectContaining({ code: 'unknown_instance' })])
    app2.program.kill('SIGCONT')
    expect((await fetch(`${app2.url}/healthz`)).status).toBe(200)
  })

  test('the one that is named dies, the others live', async () => {
    expect(await kill('app2')).toEqual([202, { instance: 'app2' }])
    expect(await app2.program.exit).toEqual({ code: null, signal: 'SIGKILL' })
    expect((await fetch(`${app1.url}/healthz`)).status).toBe(200)
  })

  test('without Redis no other can be told', async () => {
    await redis.close()
    expect(await kill('app2')).toEqual([503, expect.objectContaining({ code: 'redis_unavailable' })])
  })
})
