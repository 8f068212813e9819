import { EventLimit } from '@levels/shared/server/event-limit.ts'
import { startTcpProxy } from '@levels/shared/testing/tcp-proxy.ts'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listen, open, settle, startServer } from './support/server.ts'

describe('the rate limit', () => {
  it('lets 20 events a second through, counted over any second', () => {
    const limit = new EventLimit()
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
    onTestFinished(() => clearInterval(flood))
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
    expect(await gone).toBe('transport close')
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

describe('a reader that stops reading', () => {
  it('delays nobody, and is gone when it does not answer the heartbeat', async () => {
    const server = await startServer({ heartbeatMs: 1_000 })
    const bob = await server.enter('bob')
    const proxy = await startTcpProxy(server.url)
    onTestFinished(() => proxy.close())
    const slow = listen(open(proxy.url, { username: 'slow' }, { reconnection: false }))
    await slow.next('session')
    proxy.freeze()
    for (let n = 0; n < 10; n++) {
      expect(await bob.ask('message:send', { text: `${n}`.padEnd(2_000, 'x') })).toMatchObject({ ok: true })
      await bob.next('message:new')
    }
    await bob.next('user:left', { username: 'slow' })
    expect(server.counts().users).toBe(2) // a lost connection keeps its name
  })
})
