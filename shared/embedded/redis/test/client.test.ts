import { createClient } from 'redis'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type RunningRedis, startRedis } from '../src/index.ts'
import { describeEachRedis } from './support/each-redis.ts'

describeEachRedis('the redis package', (kind) => {
  let redis: RunningRedis
  const opened: { destroy(): void }[] = []
  beforeAll(async () => {
    redis = await startRedis({ kind })
  })
  afterEach(() => {
    for (const client of opened.splice(0)) client.destroy()
  })
  afterAll(() => redis.close())

  async function connect(RESP: 2 | 3, more: { name?: string; database?: number } = {}) {
    const client = createClient({ url: redis.uri, RESP, ...more })
    const errors: unknown[] = []
    client.on('error', (problem) => errors.push(problem))
    await client.connect()
    opened.push(client)
    return Object.assign(client, { errors })
  }

  test.each([2, 3] as const)('RESP%i: connects with all it says of itself', async (RESP) => {
    const client = await connect(RESP, { name: 'app1', database: 1 })
    expect(await client.ping()).toBe('PONG')
    expect(await client.clientGetName()).toBe('app1')
    expect(await client.clientId()).toBeGreaterThan(0)
    expect(client.errors).toEqual([])
  })

  test.each([2, 3] as const)(
    'RESP%i: receives what is published, by channel and by pattern',
    async (RESP) => {
      const subscriber = await connect(RESP)
      const publisher = await connect(RESP)
      const received: string[] = []
      await subscriber.subscribe(['news', 'other'], (message, channel) =>
        received.push(`${channel}=${message}`),
      )
      await subscriber.pSubscribe('n[a-f]*', (message, channel) => received.push(`${channel}~${message}`))

      expect(await publisher.publish('news', 'one')).toBe(2)
      expect(await publisher.publish('other', 'two')).toBe(1)
      expect(await publisher.publish('nobody', 'three')).toBe(0)
      await expect.poll(() => received).toEqual(['news=one', 'news~one', 'other=two'])
    },
  )

  test.each([2, 3] as const)('RESP%i: carries any bytes and any size', async (RESP) => {
    const subscriber = await connect(RESP)
    const publisher = await connect(RESP)
    const allBytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
    const payloads = [Buffer.alloc(0), allBytes, Buffer.from('\r\n$-1\r\n'), Buffer.alloc(3_000_000, 0xfe)]
    const received: Buffer[] = []
    await subscriber.subscribe('bytes', (message) => received.push(message), true)

    for (const payload of payloads) await publisher.publish('bytes', payload)
    await expect.poll(() => received.length).toBe(payloads.length)
    expect(received.map((message, index) => message.equals(payloads[index] ?? allBytes))).toEqual(
      payloads.map(() => true),
    )
  })

  test('RESP2 and RESP3 subscribers hear the same message', async () => {
    const received: string[] = []
    for (const RESP of [2, 3] as const) {
      const subscriber = await connect(RESP)
      await subscriber.subscribe('both', (message) => received.push(`${RESP} ${message}`))
    }
    const publisher = await connect(2)
    expect(await publisher.publish('both', 'ü')).toBe(2)
    await expect.poll(() => received.toSorted()).toEqual(['2 ü', '3 ü'])
  })

  test('a RESP3 client publishes to itself', async () => {
    const client = await connect(3)
    const received: string[] = []
    await client.subscribe('self', (message) => received.push(message))
    expect(await client.publish('self', 'hello')).toBe(1)
    await expect.poll(() => received).toEqual(['hello'])
  })

  test.each([2, 3] as const)('RESP%i: hears nothing more after it unsubscribed', async (RESP) => {
    const subscriber = await connect(RESP)
    const publisher = await connect(RESP)
    const received: string[] = []
    await subscriber.subscribe(['left', 'kept'], (message) => received.push(message))
    await subscriber.pSubscribe('le*', (message) => received.push(message))
    await subscriber.unsubscribe('left')
    await subscriber.pUnsubscribe('le*')
    expect(await publisher.publish('left', 'lost')).toBe(0)
    expect(await publisher.publish('kept', 'heard')).toBe(1)
    await expect.poll(() => received).toEqual(['heard'])

    await subscriber.unsubscribe()
    expect(await subscriber.publish('kept', 'unheard')).toBe(0)
  })

  test('sees who listens, and nobody after the listeners are gone', async () => {
    const subscriber = await connect(2)
    const observer = await connect(2)
    await subscriber.subscribe(['room:1', 'room:2'], () => undefined)
    await subscriber.pSubscribe('room:*', () => undefined)
    expect(await observer.pubSubNumSub(['room:1', 'room:9'])).toMatchObject({ 'room:1': 1, 'room:9': 0 })
    expect((await observer.pubSubChannels('room:*')).toSorted()).toEqual(['room:1', 'room:2'])
    expect(await observer.pubSubNumPat()).toBe(1)

    opened.splice(opened.indexOf(subscriber), 1)
    subscriber.destroy()
    await expect.poll(() => observer.pubSubChannels()).toEqual([])
    expect(await observer.pubSubNumPat()).toBe(0)
  })

  test('messages of one publisher arrive in their order', async () => {
    const subscriber = await connect(3)
    const publisher = await connect(2)
    const received: number[] = []
    await subscriber.subscribe('order', (message) => received.push(Number(message)))
    const numbers = Array.from({ length: 5_000 }, (_, index) => index)
    await Promise.all(numbers.map((number) => publisher.publish('order', String(number))))
    await expect.poll(() => received.length).toBe(numbers.length)
    expect(received).toEqual(numbers)
  })

  test('ends the connection politely', async () => {
    const client = createClient({ url: redis.uri })
    await client.connect()
    await client.subscribe('x', () => undefined)
    await client.close()
    expect(client.isOpen).toBe(false)
  })
})

test('the embedded server refuses what it does not cover', async () => {
  const redis = await startRedis({ kind: 'embedded' })
  const client = createClient({ url: redis.uri })
  await client.connect()
  await expect(client.get('key')).rejects.toThrow(
    "ERR unknown command 'GET', with args beginning with: 'key'",
  )
  client.destroy()
  await redis.close()
})
