import { createClient } from 'redis'
import { io, type Socket } from 'socket.io-client'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type RunningRedis, startRedis } from '../src/index.ts'
import { describeEachRedis } from './support/each-redis.ts'
import { command, connectRaw } from './support/raw-client.ts'
import { type SocketServerProcess, startSocketServer } from './support/socket-server-process.ts'

/** After Redis is back: the clients' longest pause between attempts is 2.2 s. */
const RETURN_BOUND_MS = 5_000

describeEachRedis('Socket.IO servers in two processes', (kind) => {
  let redis: RunningRedis
  let app1: SocketServerProcess
  let app2: SocketServerProcess
  const pages: Socket[] = []

  beforeAll(async () => {
    redis = await startRedis({ kind })
    ;[app1, app2] = await Promise.all([
      startSocketServer(redis.uri, 'app1', 2),
      startSocketServer(redis.uri, 'app2', 3),
    ])
  })
  afterEach(() => {
    for (const page of pages.splice(0)) page.disconnect()
  })
  afterAll(async () => {
    await Promise.all([app1.stop(), app2.stop()])
    await redis.close()
  })

  /** A page on one of the servers, in a room; what it gets is answered, and kept in `received`. */
  async function openPage(app: SocketServerProcess, room: string) {
    const page = io(app.url, {
      transports: ['websocket'],
      auth: { room },
      forceNew: true,
      reconnection: false,
    })
    pages.push(page)
    const received: unknown[] = []
    page.on('event', (payload: unknown, acknowledge?: (answer: string) => void) => {
      received.push(payload)
      acknowledge?.(`${room} got it`)
    })
    await new Promise<void>((resolve) => page.once('connect', resolve))
    return Object.assign(page, { received })
  }

  test('an event to a room reaches its members on both, once, and nobody else', async () => {
    const here = await openPage(app1, 'blue')
    const there = await openPage(app2, 'blue')
    const other = await openPage(app2, 'red')
    await app1.call('emit', 'blue', {
      text: 'hällo',
      bytes: Buffer.from([0, 255, 13, 10]).toString('latin1'),
    })
    await app1.call('emitToAll', 'done')
    await expect
      .poll(() => [here, there, other].map((page) => page.received.at(-1)))
      .toEqual(['done', 'done', 'done'])
    expect(there.received).toEqual([{ text: 'hällo', bytes: '\x00\xff\r\n' }, 'done'])
    expect(here.received).toEqual(there.received)
    expect(other.received).toEqual(['done'])
  })

  test('a broadcast collects the acknowledgements of both', async () => {
    await openPage(app1, 'ack')
    await openPage(app2, 'ack')
    await openPage(app2, 'ack')
    expect(await app1.call('emitWithAck', 'ack', 1)).toEqual(['ack got it', 'ack got it', 'ack got it'])
  })

  test('each finds the sockets of both', async () => {
    const here = await openPage(app1, 'find')
    const there = await openPage(app2, 'find')
    for (const app of [app1, app2]) {
      expect(new Set((await app.call('fetchSockets', 'find')) as string[])).toEqual(
        new Set([here.id, there.id]),
      )
    }
  })

  test('sockets of the other join, leave and are disconnected', async () => {
    const there = await openPage(app2, 'before')
    await app1.call('socketsJoin', 'before', 'after')
    await expect.poll(() => app1.call('fetchSockets', 'after')).toEqual([there.id])
    await app1.call('socketsLeave', 'before', 'after')
    await expect.poll(() => app1.call('fetchSockets', 'after')).toEqual([])

    const disconnected = new Promise((resolve) => there.once('disconnect', resolve))
    await app1.call('disconnectSockets', 'before')
    expect(await disconnected).toBe('io server disconnect')
  })

  test('the servers talk to each other', async () => {
    expect(await app1.call('serverSideEmit', 'hello')).toEqual(['app2 heard hello'])
    expect(await app2.call('serverSideEmit', 'hello')).toEqual(['app1 heard hello'])
  })

  test('a subscriber that stops reading is dropped and nobody else notices', async () => {
    const observer = await createClient({ url: redis.uri }).connect()
    const stuck = await connectRaw(redis.uri)
    await stuck.exchange(command('PSUBSCRIBE', 'socket.io*'), ':1\r\n')
    const patterns = await observer.pubSubNumPat()
    stuck.socket.pause()

    const there = await openPage(app2, 'big')
    const payload = 'x'.repeat(1_000_000)
    let sent = 0
    while (sent < 80 && (await observer.pubSubNumPat()) === patterns) {
      expect(await app1.call('emitWithAck', 'big', payload)).toEqual(['big got it'])
      sent++
    }
    expect(await observer.pubSubNumPat()).toBe(patterns - 1)
    expect(sent).toBeGreaterThan(30) // it took the 32 MB that Redis allows, not less
    expect(there.received.length).toBe(sent)
    stuck.socket.resume()
    await stuck.closed
    observer.destroy()
  })

  test('Redis goes and comes back: local events never stop, those across return, no process ends', async () => {
    const here = await openPage(app1, 'life')
    const there = await openPage(app2, 'life')
    const problemsBefore = app1.problems.length

    await redis.close()
    await expect.poll(() => app1.problems.length, { timeout: 5_000 }).toBeGreaterThan(problemsBefore)
    await app1.call('emit', 'life', 'local only')
    await expect.poll(() => here.received).toEqual(['local only'])
    expect(await app1.call('emitWithAck', 'life', 'local only')).toEqual(['life got it'])
    expect(await app1.call('fetchSockets', 'life')).toEqual([here.id])

    redis = await startRedis({ kind, ...redis.address })
    let attempts = 0
    const emitAgain = async () => {
      await app1.call('emit', 'life', `across ${++attempts}`)
      return there.received[0]
    }
    await expect.poll(emitAgain, { timeout: RETURN_BOUND_MS }).toMatch(/^across/)
    const emitBack = () => app2.call('emitWithAck', 'life', 'and back')
    await expect.poll(emitBack, { timeout: RETURN_BOUND_MS }).toEqual(['life got it', 'life got it'])
    expect(there.received).not.toContain('local only')
    for (const app of [app1, app2]) expect(app.process.exitCode).toBeNull()
  })
})
