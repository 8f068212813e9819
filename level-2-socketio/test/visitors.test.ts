import { globalAgent } from 'node:http'
import { describe, expect, it } from 'vitest'
import { startServer } from './support/server.ts'

describe('two hundred visitors', () => {
  it('who come, do everything and go leave nothing behind', async () => {
    const server = await startServer({ graceMs: 50, keepMs: 500 })
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
    await expect
      .poll(() => server.counts(), { timeout: 5_000 })
      .toEqual({ users: 0, rooms: 0, kept: { packets: 0, bytes: 0, lost: 0 } })
    await expect.poll(() => server.io.engine.clientsCount, { timeout: 5_000 }).toBe(0)
    expect([server.io.sockets.sockets.size, rooms.size, sids.size]).toEqual([0, 0, 0])
    globalAgent.destroy() // what this process keeps alive for further requests of long-polling clients
    await expect.poll(timers, { timeout: 5_000 }).toBeLessThanOrEqual(before)
  })
})
