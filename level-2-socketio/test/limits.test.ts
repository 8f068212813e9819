import { once } from 'node:events'
import { globalAgent } from 'node:http'
import { connect } from 'node:net'
import { startTcpProxy } from '@levels/shared/testing/tcp-proxy.ts'
import { describe, expect, it } from 'vitest'
import { RateLimit } from '../src/rate-limit.ts'
import { afterTest, listen, open, settle, startServer, type TestClient, type TestServer } from './support.ts'

describe('the rate limit', () => {
  it('lets 20 events a second through, counted over any second', () => {
    const limit = new RateLimit()
    const accepted = (at: number) => limit.accepts(at)
    for (let n = 0; n < 20; n++) expect(accepted(n * 10)).toBe(true)
    expect([accepted(200), accepted(999), accepted(1_000), accepted(1_005), accepted(1_010)]).toEqual([
      false,
      false,
      true,
      false,
      true,
    ])
  })

  it('answers the rest with rate_limited, handles none of them, and lets the socket go on', async () => {
    const { enter } = await startServer()
    const bob = await enter('bob')
    const alice = await enter('alice')
    const text = 'flood'
    const answers = await Promise.all(Array.from({ length: 200 }, () => alice.ask('message:send', { text })))
    const refused = answers.filter((answer) => !answer.ok && answer.error.code === 'rate_limited')
    expect([answers.filter(({ ok }) => ok).length, refused.length]).toEqual([20, 180])
    await settle(bob)
    expect(bob.got('message:new').filter((message) => message.text === text)).toHaveLength(20)
    await expect
      .poll(() => alice.ask('message:send', { text: 'later' }), { timeout: 3_000, interval: 300 })
      .toMatchObject({ ok: true })
  })

  it('counts what the server does not know and what is wrong, too', async () => {
    const { enter } = await startServer()
    const alice = await enter('alice')
    for (let n = 0; n < 10; n++) {
      alice.socket.emit('nonsense')
      alice.socket.emit('typing', 'wrong')
    }
    expect(await alice.ask('typing', {})).toMatchObject({ error: { code: 'rate_limited' } })
  })

  it('is one for each socket: another one is answered while a flood goes on', async () => {
    const { enter } = await startServer()
    const flooder = await enter('flooder')
    const bob = await enter('bob')
    const flood = setInterval(() => {
      for (let n = 0; n < 100; n++)
        flooder.socket.emit('message:send', { text: 'x'.repeat(500) }, () => undefined)
    }, 5)
    afterTest(() => clearInterval(flood))
    const roundTrips: number[] = []
    for (let n = 0; n < 15; n++) {
      const before = performance.now()
      expect(await bob.ask('typing', {})).toEqual({ ok: true })
      roundTrips.push(performance.now() - before)
    }
    // The middle one: this process also makes the flood, and may be busy with that at times.
    const middle = roundTrips.toSorted((a, b) => a - b)[7]
    expect(middle).toBeLessThan(500)
  })

  it('cuts off a socket that floods on and on', async () => {
    const { enter } = await startServer()
    const flooder = await enter('flooder')
    const bob = await enter('bob')
    const gone = flooder.disconnected()
    for (let n = 0; n < 3_000; n++) flooder.socket.emit('typing', {})
    expect(await gone).toBe('io server disconnect')
    await bob.next('user:left')
    await settle(bob)
  })
})

describe('too large a packet', () => {
  it.each(['websocket', 'polling'])('drops only the socket that sent it, by %s', async (transport) => {
    const { url, enter } = await startServer()
    const bob = await enter('bob')
    const alice = listen(open(url, { username: 'alice' }, { transports: [transport], reconnection: false }))
    await alice.next('session')
    const gone = alice.disconnected()
    alice.socket.emit('message:send', { text: 'x'.repeat(70_000) })
    await gone
    await bob.next('user:left')
    await settle(bob)
  })
})

describe('garbage', () => {
  /** Sends a frame as it is, beneath Socket.IO. */
  function sendRaw({ socket }: TestClient, frame: string | Uint8Array): void {
    const { transport } = socket.io.engine as unknown as {
      transport: { ws: { send(frame: string | Uint8Array): void } }
    }
    transport.ws.send(frame)
  }

  it.each([
    ['no packet', 'garbage'],
    ['an unknown type', '9'],
    ['half a packet', '42["message:send",{"text":'],
    ['no array', '42{"text":"x"}'],
    ['a reserved event', '42["disconnect"]'],
    [
      'an attachment that never comes, then text',
      '451-["message:send",{"_placeholder":true,"num":0}]\n42["x"]',
    ],
    ['more attachments than anybody needs', '4599999-["x"]'],
    ['bytes out of nowhere', new Uint8Array([1, 2, 3])],
    ['a ping, which is for the server to send', '2'],
    ['a second handshake', '40{"username":"eve"}'],
    ['another namespace', '40/admin,{"username":"eve"}'],
    ['an answer to nothing', '43999["x"]'],
    ['an event that is a number', '42[7,{}]'],
    ['an event without a name', '420[]'],
    ['deep nesting', `42["message:send",${'['.repeat(5_000)}${']'.repeat(5_000)}]`],
  ])('is no danger to the others: %s', async (_what, data) => {
    const server = await startServer()
    const bob = await server.enter('bob')
    const mallory = await server.enter('mallory', {}, { reconnection: false })
    for (const frame of typeof data === 'string' ? data.split('\n') : [data]) sendRaw(mallory, frame)
    expect(await bob.ask('message:send', { text: 'all well' })).toMatchObject({ ok: true })
    mallory.socket.disconnect()
    await bob.next('user:left', { username: 'mallory' })
    expect(server.counts()).toEqual({ users: 1, rooms: 0 })
    expect(server.io.engine.clientsCount).toBe(1)
  })

  /** Writes all these frames at once, so that the server reads them at once. */
  async function writeAtOnce(server: TestServer, ...frames: string[]): Promise<void> {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    afterTest(() => socket.destroy())
    socket.write(
      'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    )
    await once(socket, 'data')
    socket.write(Buffer.concat(frames.map(textFrame)))
  }

  it('in the same breath as the handshake leaves no name taken', async () => {
    const server = await startServer()
    await writeAtOnce(server, '40{"username":"hasty"}', 'garbage')
    await expect.poll(() => server.io.engine.clientsCount).toBe(0)
    expect(server.counts()).toEqual({ users: 0, rooms: 0 })
    expect((await server.enter('hasty')).session.users).toEqual(['hasty'])
  })

  it('of a hundred handshakes at once makes no hundred sockets', async () => {
    const server = await startServer()
    const bob = await server.enter('bob')
    const handshakes = Array.from({ length: 100 }, (_, n) => `40{"username":"mallory${n}"}`)
    await writeAtOnce(server, ...handshakes)
    await expect.poll(() => server.io.engine.clientsCount).toBe(1)
    expect(server.io.sockets.sockets.size).toBe(1)
    await expect.poll(() => server.counts().users).toBe(1)
    await settle(bob)
  })

  it('after a goodbye is not handled', async () => {
    const server = await startServer()
    const bob = await server.enter('bob')
    const gone = await server.enter('gone', {}, { reconnection: false })
    const { transport } = gone.socket.io.engine as unknown as {
      transport: { ws: { _socket: { cork(): void; uncork(): void }; send(frame: string): void } }
    }
    transport.ws._socket.cork()
    transport.ws.send('41')
    transport.ws.send('42["message:send",{"text":"from beyond"}]')
    transport.ws._socket.uncork()
    await bob.next('user:left', { username: 'gone' })
    await settle(bob)
    expect(bob.got('message:new')).toHaveLength(1)
  })
})

/** A masked WebSocket frame with a short text (RFC 6455 section 5.2), masked with zeros. */
function textFrame(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)])
}

describe('a reader that stops reading', () => {
  it('delays nobody, and is gone when it does not answer the heartbeat', async () => {
    const server = await startServer({ heartbeat: { intervalMs: 300, timeoutMs: 300 } })
    const bob = await server.enter('bob')
    const proxy = await startTcpProxy(server.url)
    afterTest(() => proxy.close())
    const slow = listen(open(proxy.url, { username: 'slow' }, { reconnection: false }))
    await slow.next('session')
    proxy.freeze()
    for (let n = 0; n < 10; n++) {
      expect(await bob.ask('message:send', { text: `${n}`.padEnd(2_000, 'x') })).toMatchObject({ ok: true })
      await bob.next('message:new')
    }
    await bob.next('user:left', { username: 'slow' })
    expect(server.counts().users).toBe(1)
  })
})

describe('two hundred visitors', () => {
  it('who come, do everything and go leave nothing behind', async () => {
    const server = await startServer({ graceMs: 50 })
    const { rooms, sids } = server.io.sockets.adapter
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    await (await server.enter('first')).socket.disconnect()
    let before = 0
    await expect
      .poll(() => {
        before = timers() // in here, because polling itself takes a timer
        return server.counts().users
      })
      .toBe(0)
    for (let batch = 0; batch < 10; batch++) {
      await Promise.all(
        Array.from({ length: 20 }, async (_, n) => {
          const username = `visitor-${batch}-${n}`
          const client = await server.enter(
            username,
            {},
            n % 2 ? {} : { transports: ['polling', 'websocket'] },
          )
          await client.ask('room:join', { room: `room-${n % 3}` })
          await client.ask('message:send', { text: 'hi', room: `room-${n % 3}` })
          if (n % 4 === 0) client.socket.io.engine.close()
          client.socket.disconnect()
        }),
      )
    }
    await expect.poll(() => server.counts(), { timeout: 5_000 }).toEqual({ users: 0, rooms: 0 })
    await expect.poll(() => server.io.engine.clientsCount, { timeout: 5_000 }).toBe(0)
    expect([server.io.sockets.sockets.size, rooms.size, sids.size]).toEqual([0, 0, 0])
    globalAgent.destroy() // what this process keeps alive for further requests of long-polling clients
    await expect.poll(timers, { timeout: 5_000 }).toBeLessThanOrEqual(before)
  })
})
