import { once } from 'node:events'
import { WebSocket } from 'ws'

/** A Socket.IO connection written by hand, because thousands of full clients would measure the clients. */
export interface RawSocket {
  /** The first time from now on that the socket hears this event. Rejects when the server closes or refuses it before. */
  heard(event: string): Promise<void>
  close(): void
}

/** Connects to the server at `url` (http) as `auth`; resolves when it was asked in, before any answer (Engine.IO 4, Socket.IO 5). */
export async function openRawSocket(url: string, auth: object): Promise<RawSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, {
    perMessageDeflate: false,
  })
  const waiting = new Map<string, { resolve(): void; reject(error: Error): void }>()
  const fail = (why: string) => {
    for (const { reject } of waiting.values()) reject(new Error(why))
  }
  socket.on('message', (data) => {
    const text = String(data)
    if (text === '2')
      socket.send('3') // ping, pong
    else if (text.startsWith('44'))
      fail(`refused: ${text}`) // connect_error
    else if (text.startsWith('42["')) {
      const event = text.slice(4, text.indexOf('"', 4))
      waiting.get(event)?.resolve()
      waiting.delete(event)
    }
  })
  socket.on('close', () => fail('the server closed a socket'))
  await once(socket, 'open')
  socket.send(`40${JSON.stringify(auth)}`)
  return {
    heard: (event) => new Promise((resolve, reject) => waiting.set(event, { resolve, reject })),
    close: () => socket.terminate(),
  }
}
