import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface RawClient {
  /** Sends `message:send` and wants an acknowledgement. */
  send(text: string): void
  close(): void
}

/**
 * A client that looks at nothing but the heads of the frames it gets, so that the measured program is the server:
 * socket.io-client takes longer to read a packet than the server takes to send it.
 */
export async function enter(port: number, auth: object, onMessage: () => void): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.setNoDelay(true)
  socket.write(
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36\r\n' +
      'Accept-Language: en-GB,en;q=0.9\r\nCache-Control: no-cache\r\nPragma: no-cache\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  )
  await once(socket, 'data')
  const welcome = new Promise<void>((resolve) => readFrames(socket, resolve, onMessage))
  write(socket, `40${JSON.stringify(auth)}`)
  await welcome
  return {
    send: (text) => write(socket, `421${JSON.stringify(['message:send', { text }])}`),
    close: () => socket.destroy(),
  }
}

/** Calls `onWelcome` for the answer to the handshake, and `onMessage` for each `message:new`. */
function readFrames(socket: Socket, onWelcome: () => void, onMessage: () => void): void {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    const data = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    let at = 0
    while (data.length - at >= 2) {
      // RFC 6455 section 5.2: a server masks nothing; a length of 126 means that the next two bytes hold it.
      const short = data.readUInt8(at + 1)
      const head = short === 127 ? 10 : short === 126 ? 4 : 2
      if (data.length - at < head) break
      const length =
        short === 127
          ? Number(data.readBigUInt64BE(at + 2))
          : short === 126
            ? data.readUInt16BE(at + 2)
            : short
      if (data.length - at < head + length) break
      const start = at + head
      // 40{…}: welcome. 42["message:new",…]: a message, known by its ninth character on.
      if (data[start + 1] === 0x30) onWelcome()
      else if (length > 17 && data.toString('latin1', start + 4, start + 15) === 'message:new') onMessage()
      at = start + length
    }
    rest = data.subarray(at)
  })
}

/** Sends a text in one masked frame (a client must mask; zeros will do). */
function write(socket: Socket, text: string): void {
  const payload = Buffer.from(text)
  const head = Buffer.from([0x81, payload.length < 126 ? 0x80 | payload.length : 0xfe])
  const length = Buffer.alloc(payload.length < 126 ? 0 : 2)
  if (length.length > 0) length.writeUInt16BE(payload.length)
  socket.write(Buffer.concat([head, length, Buffer.alloc(4), payload]))
}
