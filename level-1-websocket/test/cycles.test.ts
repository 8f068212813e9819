import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { connect } from './support/client.ts'
import { frame, upgradeRaw } from './support/raw.ts'
import { startServer, type TestServer } from './support/server.ts'

/** What a connection could leave behind: sockets, listeners, timers. */
async function inventory({ clients, http }: TestServer) {
  const connections = await new Promise<number>((resolve) =>
    http.getConnections((_error, count) => resolve(count)),
  )
  const listeners = http.eventNames().map((name) => `${String(name)}: ${http.listenerCount(name)}`)
  const timers = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  return { clients: clients.size, connections, listeners, timers }
}

describe('200 clients that come and go', () => {
  it.each([
    [
      'with a goodbye',
      async (server: TestServer) => {
        const { socket, closed } = await connect(server)
        socket.close()
        await closed
      },
    ],
    [
      'without one',
      async (server: TestServer) => {
        const { socket, closed } = await connect(server)
        socket.terminate()
        await closed
      },
    ],
    [
      'with a broken frame',
      async (server: TestServer) => {
        const peer = await upgradeRaw(server)
        peer.tcp.end(frame(0x83, 'x'))
        await peer.ended
      },
    ],
  ])('%s leave everything as it was', async (_name, comeAndGo) => {
    const server = await startServer({ heartbeatMs: 20 })
    await comeAndGo(server)
    await expect.poll(() => inventory(server)).toMatchObject({ clients: 0, connections: 0 })
    const before = await inventory(server)
    for (let round = 0; round < 20; round++) {
      await Promise.all(Array.from({ length: 10 }, () => comeAndGo(server)))
    }
    await expect.poll(() => inventory(server)).toEqual(before)
    expect(server.errors).toEqual([])
  })

  it('leave no listener on those who stay', async () => {
    const server = await startServer({ heartbeatMs: 250 }) // with less, a busy machine is late with its pong, and cut
    const client = await connect(server)
    const [socket] = server.clients
    if (!socket) throw new Error('Nobody is connected')
    const listeners = () => socket.eventNames().map((name) => [name, socket.listenerCount(name)])
    await once(client.socket, 'ping')
    await once(socket, 'pong')
    const before = listeners()
    for (let beat = 0; beat < 5; beat++) await once(socket, 'pong')
    expect(listeners()).toEqual(before)
  })
})
