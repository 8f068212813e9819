import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { connect } from './support/client.ts'
import { frame, upgradeRaw } from './support/raw.ts'
import { allGone, startServer } from './support/server.ts'

/** With a shorter one, a busy machine would be late with its pong, and would be cut. */
const HEARTBEAT_MS = 250

describe('the heartbeat', () => {
  it('terminates a peer that never answers, within two intervals', async () => {
    const server = await startServer({ heartbeatMs: HEARTBEAT_MS })
    const peer = await upgradeRaw(server)
    const joined = performance.now()
    const received = await peer.ended
    // The first ping comes within one interval, the end with the next; a busy machine gets some more.
    expect(performance.now() - joined).toBeLessThan(2 * HEARTBEAT_MS + 500)
    expect(received.subarray(received.indexOf('\r\n\r\n') + 4)).toEqual(frame(0x89, '', false))
    await allGone(server)
    expect(server.clients.size).toBe(0)
  })

  it('keeps a peer that is idle and answers', async () => {
    const server = await startServer({ heartbeatMs: HEARTBEAT_MS })
    const client = await connect(server)
    for (let asked = 0; asked < 5; asked++) await once(client.socket, 'ping')
    client.socket.send('still here')
    expect(String((await client.next()).data)).toBe('still here')
  })

  it('ends a client that answered for a while and then fell silent', async () => {
    const server = await startServer({ heartbeatMs: HEARTBEAT_MS })
    const client = await connect(server, { autoPong: false })
    for (let asked = 0; asked < 3; asked++) {
      await once(client.socket, 'ping')
      client.socket.pong()
    }
    // No close frame came: to the client the connection is simply gone.
    expect((await client.closed).code).toBe(1006)
  })

  it('is not fooled by messages: only an answer to the ping counts', async () => {
    const server = await startServer({ heartbeatMs: HEARTBEAT_MS })
    const client = await connect(server, { autoPong: false })
    client.socket.on('ping', () => client.socket.send('busy, and yet deaf to pings'))
    expect((await client.closed).code).toBe(1006)
  })

  it('ends a silent peer and lets the others live', async () => {
    const server = await startServer({ heartbeatMs: HEARTBEAT_MS })
    const client = await connect(server)
    const peer = await upgradeRaw(server)
    await peer.ended
    client.socket.send('me?')
    expect(String((await client.next()).data)).toBe('me?')
    expect(server.clients.size).toBe(1)
  })

  it('ends a peer that closed only its half of the connection', async () => {
    const server = await startServer({ heartbeatMs: HEARTBEAT_MS })
    const peer = await upgradeRaw(server)
    peer.tcp.end()
    await peer.ended
    await allGone(server)
    expect(server.clients.size).toBe(0)
  })

  it('stops with the server', async () => {
    const server = await startServer({ heartbeatMs: HEARTBEAT_MS })
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
    const before = timers()
    await server.close()
    expect(timers()).toBeLessThan(before)
  })
})
