import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A connection that says exactly what a test wants it to say, after the login. Bytes are latin1 strings. */
export interface RawClient {
  socket: Socket
  /** Sends the bytes and resolves with all that came until the reply ends with `until`, or the server closed. */
  exchange(bytes: string, until?: string): Promise<string>
  /** Resolves when the server has closed the connection. */
  closed: Promise<void>
}

export async function connectRaw(uri: string): Promise<RawClient> {
  const { hostname, port, password } = new URL(uri)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => socket.destroy())
  await once(socket, 'connect')
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  let received = ''
  let onChange: (() => void) | undefined
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
    onChange?.()
  })
  const exchange = async (bytes: string, until?: string): Promise<string> => {
    received = ''
    const complete = new Promise<void>((resolve) => {
      onChange = () => {
        if (until !== undefined && received.endsWith(until)) resolve()
      }
    })
    socket.write(bytes, 'latin1')
    await Promise.race([complete, closed])
    return received
  }
  if (password) await exchange(command('AUTH', password), '\r\n')
  return { socket, closed, exchange }
}

/** `*2\r\n$7\r\npublish\r\n…`: a command as clients send it. */
export function command(...parts: string[]): string {
  return `*${parts.length}\r\n${parts.map((part) => `$${part.length}\r\n${part}\r\n`).join('')}`
}
