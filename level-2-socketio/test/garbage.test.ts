import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { GRACE_MS, settle, startServer, type TestClient, type TestServer } from './support/server.ts'

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
    const server = await startServer({ keepMs: GRACE_MS })
    const bob = await server.enter('bob')
    const mallory = await server.enter('mallory', {}, { reconnection: false })
    for (const frame of typeof data === 'string' ? data.split('\n') : [data]) sendRaw(mallory, frame)
    expect(await bob.ask('message:send', { text: 'all well' })).toMatchObject({ ok: true })
    mallory.socket.disconnect()
    await bob.next('user:left', { username: 'mallory' })
    await expect.poll(() => server.counts().users).toBe(1)
    expect(server.io.engine.clientsCount).toBe(1)
  })

  /** Writes all these frames at once, so that the server reads them at once. */
  async function writeAtOnce(server: TestServer, ...frames: string[]): Promise<void> {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    socket.write(
      'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    )
    await once(socket, 'data')
    socket.write(Buffer.concat(frames.map(textFrame)))
  }

  it('in the same breath as the handshake leaves no name taken', async () => {
    const server = await startServer({ keepMs: GRACE_MS })
    await writeAtOnce(server, '40{"username":"hasty"}', 'garbage')
    await expect.poll(() => server.io.engine.clientsCount).toBe(0)
    await expect.poll(() => server.counts()).toMatchObject({ users: 0, rooms: 0 })
    expect((await server.enter('hasty')).session.users).toEqual(['hasty'])
  })

  it('of a hundred handshakes at once makes no hundred sockets', async () => {
    const server = await startServer({ keepMs: GRACE_MS })
    const bob = await server.enter('bob')
    const handshakes = Array.from({ length: 100 }, (_, n) => `40{"username":"mallory${n}"}`)
    await writeAtOnce(server, ...handshakes)
    await expect.poll(() => server.io.engine.clientsCount).toBe(1)
    expect(server.io.sockets.sockets.size).toBe(1)
    await expect.poll(() => server.counts().users).toBe(1)
    await settle(bob)
  })

  it('after a goodbye is not handled', async () => {
    const server = await startServer({ keepMs: GRACE_MS })
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
