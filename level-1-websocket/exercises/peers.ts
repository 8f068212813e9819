import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { Mistake } from '@levels/shared/exercises/mistake.ts'
import { patience } from '@levels/shared/exercises/patience.ts'
import type { Program } from '@levels/shared/exercises/program.ts'
import { WebSocket } from 'ws'

/** One message as it came. */
export interface Message {
  isBinary: boolean
  bytes: Buffer
}

/** Somebody who is connected by a WebSocket. */
export interface Peer {
  readonly name: string
  send(data: string | Buffer): void
  /** The next message that was not taken yet; undefined when none comes in time. */
  next(withinMs?: number): Promise<Message | undefined>
  /** How it ended: undefined when it is still open after that time (times here are those of a quiet machine). */
  closed(withinMs: number): Promise<{ code: number; reason: string } | undefined>
  /** Whether it was pinged `times` times more within that time, unless it ended before. */
  pinged(times: number, withinMs: number): Promise<boolean>
  /** Says goodbye and waits for the answer. */
  leave(): Promise<void>
}

/** How long an answer may take, in milliseconds: long for a slow machine, short for somebody who waits. */
const ANSWER_MS = 4_000

/** Opens a WebSocket. Throws a Mistake when the server does not let it in. */
export async function join(
  attempt: Attempt,
  { port }: Program,
  name: string,
  headers?: Record<string, string>,
): Promise<Peer> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers, perMessageDeflate: false })
  attempt.defer(() => socket.terminate())
  const waiting: Message[] = []
  const takers: ((message: Message) => void)[] = []
  socket.on('message', (data, isBinary) => {
    const message = { isBinary, bytes: data as Buffer }
    if (message.bytes.length < 2_000) attempt.saw(`${name} ← ${describe(message)}`)
    const take = takers.shift()
    if (take) take(message)
    else waiting.push(message)
  })
  let end: { code: number; reason: string } | undefined
  const ended = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => {
      attempt.saw(`${name} ← closed, ${code}`)
      end = { code, reason: String(reason) }
      resolve(end)
    })
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('unexpected-response', (_request, { statusCode }) => {
      reject(
        new Mistake(
          `${name} asked for a WebSocket at /ws and was answered ${statusCode}, so there is no connection.`,
        ),
      )
    })
    socket.on('error', reject)
  })
  attempt.saw(`${name} → connected`)

  return {
    name,
    send(data) {
      attempt.saw(
        `${name} → ${describe({ isBinary: typeof data !== 'string', bytes: Buffer.from(data as string) })}`,
      )
      socket.send(data)
    },
    async next(withinMs = patience(ANSWER_MS)) {
      const message = waiting.shift()
      if (message || end) return message
      return new Promise((resolve) => {
        const take = (taken: Message) => {
          clearTimeout(timer)
          resolve(taken)
        }
        const timer = setTimeout(() => {
          takers.splice(takers.indexOf(take), 1)
          resolve(undefined)
        }, withinMs)
        takers.push(take)
      })
    },
    async closed(withinMs) {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<undefined>((resolve) => {
        timer = setTimeout(resolve, patience(withinMs), undefined)
      })
      const how = await Promise.race([ended, late])
      clearTimeout(timer)
      return how
    },
    async pinged(times, withinMs) {
      const signal = AbortSignal.timeout(patience(withinMs))
      try {
        for (let count = 0; count < times; count++) await once(socket, 'ping', { signal })
        return true
      } catch {
        return false // time is up; what that means, the check says
      }
    },
    async leave() {
      socket.close(1000)
      await ended
    },
  }
}

/** `the text "hello"` or `4 bytes, 00 ff 80 0a`: what a learner needs to see of a message. */
export function describe({ isBinary, bytes }: Message): string {
  if (isBinary) {
    const some = bytes
      .subarray(0, 8)
      .toString('hex')
      .replace(/..(?=.)/g, '$& ')
    return `${bytes.length} bytes, ${some}${bytes.length > 8 ? ' …' : ''}`
  }
  const text = bytes.toString()
  return text.length > 40 ? `a text of ${text.length} characters` : `the text "${text}"`
}

/** The status of the answer to a request for a WebSocket: 101 when it was opened (and is closed again). */
export async function upgradeStatus(
  attempt: Attempt,
  { port }: Program,
  { path = '/ws', origin }: { path?: string; origin?: string },
): Promise<number> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { origin })
  attempt.defer(() => socket.terminate())
  const status = await new Promise<number>((resolve, reject) => {
    socket.once('open', () => resolve(101))
    socket.once('unexpected-response', (_request, { statusCode = 0 }) => resolve(statusCode))
    socket.on('error', reject)
  })
  attempt.saw(`upgrade of ${path}${origin ? ` from the page ${origin}` : ''}: ${status}`)
  if (status === 101) socket.terminate()
  return status
}

/** `POST /notify`. */
export async function notify(
  attempt: Attempt,
  { url }: Program,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<{ status: number; delivered: unknown; body: string }> {
  const answer = await fetch(`${url}/notify`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    signal: AbortSignal.timeout(patience(5_000)),
  })
  const text = await answer.text()
  attempt.saw(`POST /notify ${describeBody(body)}: ${answer.status} ${text.slice(0, 60)}`)
  return { status: answer.status, delivered: deliveredIn(text), body: text }
}

function describeBody(body: string | Uint8Array): string {
  if (typeof body !== 'string') return `(bytes ${Buffer.from(body).toString('hex')})`
  return body.length > 40 ? `(${body.length} characters)` : JSON.stringify(body)
}

/**
 * Posts a text up to `times` times, until `enough` of an answer is true. Many requests go out at once on one connection
 * (pipelining, RFC 9112 section 9.3.2): one by one they would take many times as long.
 * Returns how many were sent, and whether it was enough.
 */
export async function notifyMany(
  { port }: Program,
  text: string,
  times: number,
  enough: (delivered: unknown) => boolean,
): Promise<{ sent: number; enough: boolean }> {
  const atOnce = 100
  const request = `POST /notify HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`
  const socket = connectTcp(port, '127.0.0.1')
  try {
    for (let sent = atOnce; sent <= times; sent += atOnce) {
      socket.write(request.repeat(atOnce))
      let answers = ''
      let counts: number[] = []
      while (counts.length < atOnce) {
        answers += String((await once(socket, 'data', { signal: AbortSignal.timeout(patience(10_000)) }))[0])
        counts = [...answers.matchAll(/"delivered":\s*(\d+)\s*\}/g)].map(([, count]) => Number(count))
      }
      if (counts.some(enough)) return { sent, enough: true }
    }
    return { sent: times, enough: false }
  } finally {
    socket.destroy()
  }
}

function deliveredIn(text: string): unknown {
  try {
    return (JSON.parse(text) as { delivered?: unknown } | null)?.delivered
  } catch {
    return undefined // not JSON: the check says so, with the body
  }
}

/** A peer that shook hands and then does nothing that it is not told to: it answers no ping and reads nothing. */
export interface SilentPeer {
  /** Sends one text message, as a frame of its own. Does not wait. */
  send(text: string): void
  /** Whether the server has ended the TCP connection, waiting up to `withinMs`. */
  isCut(withinMs: number): Promise<boolean>
}

/** `reads: false`: what the server sends stays where it is, first in the kernel, then in the server. */
export async function joinSilently(
  attempt: Attempt,
  { port }: Program,
  name: string,
  { reads }: { reads: boolean },
): Promise<SilentPeer> {
  const socket = connectTcp(port, '127.0.0.1')
  attempt.defer(() => socket.destroy())
  let cut = false
  const gone = new Promise<void>((resolve) => {
    for (const event of ['error', 'end', 'close']) {
      socket.on(event, () => {
        if (!cut) attempt.saw(`${name} ← connection ended`)
        cut = true
        resolve()
      })
    }
  })
  socket.write(
    `GET /ws HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  await shakenHands(socket, name)
  attempt.saw(`${name} → connected, and silent from here on`)
  if (reads) socket.resume()
  else socket.pause()

  return {
    send: (text) => {
      if (!cut) socket.write(textFrame(text))
    },
    async isCut(withinMs) {
      // Who reads nothing sees no end: only a write meets it. An unasked pong says nothing (RFC 6455 section 5.5.3).
      const prod = () => !reads && !cut && socket.write(Buffer.from([0x8a, 0x80, 0, 0, 0, 0]))
      const timer = setInterval(prod, 50)
      const late = AbortSignal.timeout(patience(withinMs))
      await Promise.race([gone, new Promise((resolve) => late.addEventListener('abort', resolve))])
      clearInterval(timer)
      return cut
    },
  }
}

async function shakenHands(socket: Socket, name: string): Promise<void> {
  let head = ''
  while (!head.includes('\r\n\r\n')) {
    head += await new Promise<string>((resolve, reject) => {
      socket.once('data', (data) => resolve(data.toString('latin1')))
      socket.once('error', reject)
      socket.once('close', () =>
        reject(new Mistake(`${name} asked for a WebSocket and the connection was closed.`)),
      )
    })
  }
  if (!head.startsWith('HTTP/1.1 101'))
    throw new Mistake(`${name} asked for a WebSocket: ${head.split('\r')[0]}.`)
}

/** RFC 6455 section 5.2, with a mask of zeros: a client must mask, and nobody says with what. */
function textFrame(text: string): Buffer {
  const payload = Buffer.from(text)
  const head = Buffer.alloc(payload.length < 126 ? 2 : payload.length < 65_536 ? 4 : 10)
  head[0] = 0x81
  if (head.length === 2) head[1] = 0x80 | payload.length
  if (head.length === 4) {
    head[1] = 0x80 | 126
    head.writeUInt16BE(payload.length, 2)
  }
  if (head.length === 10) {
    head[1] = 0x80 | 127
    head.writeBigUInt64BE(BigInt(payload.length), 2)
  }
  return Buffer.concat([head, Buffer.alloc(4), payload])
}
