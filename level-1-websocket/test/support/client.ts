import { once } from 'node:events'
import { onTestFinished } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'

export interface Message {
  data: Buffer
  isBinary: boolean
}

/** A client whose messages can be awaited one by one. */
export interface Client {
  socket: WebSocket
  /** The next message that has not been taken yet. */
  next(): Promise<Message>
  /** Messages that came and were not taken. */
  waiting: Message[]
  closed: Promise<{ code: number; reason: string }>
}

export async function connect({ url }: { url: string }, options: ClientOptions = {}): Promise<Client> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, options)
  const waiting: Message[] = []
  const takers: ((message: Message) => void)[] = []
  socket.on('message', (data: Buffer, isBinary) => {
    const message = { data, isBinary }
    const taker = takers.shift()
    if (taker) taker(message)
    else waiting.push(message)
  })
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }))
  })
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  socket.on('error', () => undefined) // `closed` tells what a test wants to know
  const next = () => {
    const message = waiting.shift()
    return message ? Promise.resolve(message) : new Promise<Message>((resolve) => takers.push(resolve))
  }
  return { socket, next, waiting, closed }
}

/** Asks for a WebSocket and expects a no: the HTTP answer. */
export async function refusal(
  { url }: { url: string },
  { path = '/ws', ...options }: ClientOptions & { path?: string } = {},
): Promise<{ status: number | undefined; code: string }> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, options)
  onTestFinished(() => socket.terminate())
  socket.on('error', () => undefined) // closing before it opened is reported as an error
  const [, response] = await Promise.race([
    once(socket, 'unexpected-response'),
    once(socket, 'open').then(() => {
      throw new Error(`It was let in: ${path} ${JSON.stringify(options)}`)
    }),
  ])
  let body = ''
  for await (const chunk of response) body += chunk
  return { status: response.statusCode, code: JSON.parse(body).error.code }
}
