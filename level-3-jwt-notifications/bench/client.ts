import { once } from 'node:events'
import { Agent, request } from 'node:http'
import type { MeasuredServer } from '@levels/shared/bench/compare.ts'
import { io, type Socket } from 'socket.io-client'

// Given up before the server closes it (5 s): a request must not meet a connection that is just being closed.
const agent = new Agent({ keepAlive: true, timeout: 2_000 })

export async function makeUsers({ port }: MeasuredServer, count: number): Promise<string[]> {
  const { tokens } = (await post(port, '/api/bench/users', { count })) as { tokens: string[] }
  return tokens
}

/** POSTs JSON and resolves with the answer's JSON. Rejects for anything but success. */
export async function post(port: number, path: string, body: object, token = ''): Promise<unknown> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  const sending = request({ agent, port, path, method: 'POST', headers })
  sending.end(JSON.stringify(body))
  const [response] = await once(sending, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  if (response.statusCode >= 300) throw new Error(`${response.statusCode} ${text}`)
  return JSON.parse(text)
}

/** A socket that is not connected yet. It comes back by itself, also when it is refused, as a page does. */
export function openSocket(port: number, auth: object): Socket {
  const socket = io(`http://127.0.0.1:${port}`, {
    auth,
    transports: ['websocket'],
    forceNew: true,
    autoConnect: false,
  })
  socket.on('connect_error', () => {
    if (!socket.active) setTimeout(() => socket.connect(), 100)
  })
  return socket
}

/** The first time the socket hears this event. */
export function heard(socket: Socket, event: string): Promise<void> {
  return new Promise((resolve) => socket.once(event, () => resolve()))
}
