import { once } from 'node:events'
import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { Mistake } from '@levels/shared/exercises/mistake.ts'
import { patience } from '@levels/shared/exercises/patience.ts'
import { io, type Socket } from 'socket.io-client'
import type { Acknowledgement, Message, Session } from '../src/events.ts'

/** How long an answer may take, in milliseconds: long for a slow machine, short for somebody who waits. */
const ANSWER_MS = 4_000

/** One tab of somebody, connected to the learner's server. */
export interface Tab {
  readonly name: string
  readonly socket: Socket
  /** The texts of all `message:new`, in order. */
  readonly texts: string[]
  /** The last `message:new`. */
  message(): Message | undefined
  /** The last `session` event. */
  session(): Session | undefined
  /** The names in the last `user:joined` or `user:left`, with the event: `user:joined Bob`. */
  readonly changes: string[]
  /** Sends any event; the answer, or undefined if there is none in time. */
  ask(event: string, ...args: unknown[]): Promise<Acknowledgement<Record<string, unknown>> | undefined>
  /** Whether `condition` comes true in time. */
  until(condition: () => boolean, withinMs?: number): Promise<boolean>
  /** Closes the tab, as somebody does on purpose. */
  leave(): void
}

export interface JoinOptions {
  /** What the lines of the wire call this tab; the username by default. */
  name?: string
  sessionId?: string
  /** Whether it comes back by itself when the connection is lost. */
  comesBack?: boolean
}

/** Opens a tab. Throws a Mistake when it is not let in. */
export async function join(
  attempt: Attempt,
  url: string,
  username: string,
  { name = username, sessionId, comesBack = false }: JoinOptions = {},
): Promise<Tab> {
  const identity = { username, ...(sessionId !== undefined && { sessionId }) }
  const socket = connect(attempt, url, identity, comesBack)
  const texts: string[] = []
  const changes: string[] = []
  let message: Message | undefined
  let session: Session | undefined
  socket.onAny((event: string, payload?: Partial<Message & Session>) => {
    attempt.saw(`${name} ← ${event}${describe(payload)}`)
    if (event === 'message:new') {
      message = payload as Message
      texts.push(message.text)
    }
    if (event === 'session') {
      session = payload as Session
      Object.assign(identity, { sessionId: session.sessionId })
    }
    if (event === 'user:joined' || event === 'user:left') changes.push(`${event} ${payload?.username}`)
  })
  socket.on('disconnect', (reason) => attempt.saw(`${name} ← disconnected (${reason})`))
  const refusal = await connected(socket)
  if (refusal) throw new Mistake(`${name} wanted in as "${username}" and was refused: ${refusal}.`)
  attempt.saw(`${name} → connected as ${username}`)

  const until = async (condition: () => boolean, withinMs = patience(ANSWER_MS)) => {
    const signal = AbortSignal.timeout(withinMs)
    while (!condition() && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, 5))
    return condition()
  }
  return {
    name,
    socket,
    texts,
    changes,
    message: () => message,
    session: () => session,
    until,
    async ask(event, ...args) {
      attempt.saw(`${name} → ${event}${args.map((arg) => ` ${short(arg)}`).join('')}`)
      const answer = await socket
        .timeout(patience(ANSWER_MS))
        .emitWithAck(event, ...args)
        .catch(() => undefined) // no answer in time: the check says what that means
      attempt.saw(`${name} ← ${answer ? `answer${describe(answer)}` : 'no answer'}`)
      return answer
    },
    leave() {
      attempt.saw(`${name} → leaves`)
      socket.disconnect()
    },
  }
}

/**
 * Resolves when `by` must have been told of everyone who had left before: somebody comes and goes after them, and whoever
 * is told away is told in that order.
 */
export async function graceIsOver(attempt: Attempt, url: string, by: Tab, username: string): Promise<void> {
  const last = await join(attempt, url, username)
  last.leave()
  await by.until(() => by.changes.includes(`user:left ${username}`))
}

/** The code with which the server refuses a handshake; undefined when it lets it in. */
export async function refusalOf(attempt: Attempt, url: string, auth: object): Promise<string | undefined> {
  const socket = connect(attempt, url, auth, false)
  const code = await connected(socket)
  attempt.saw(`handshake ${short(auth)}: ${code ?? 'let in'}`)
  socket.disconnect()
  return code
}

function connect(attempt: Attempt, url: string, auth: object, reconnection: boolean): Socket {
  const socket = io(url, {
    transports: ['websocket'],
    forceNew: true,
    reconnection,
    reconnectionDelay: 50,
    reconnectionDelayMax: 200,
    auth: (give) => give(auth as Record<string, unknown>),
  })
  attempt.defer(() => socket.disconnect())
  return socket
}

/** Resolves with nothing when it is in, and with the code or the message when it is not. */
function connected(socket: Socket): Promise<string | undefined> {
  return Promise.race([
    once(socket as unknown as NodeJS.EventEmitter, 'connect').then(() => undefined),
    new Promise<string>((resolve) => {
      socket.once('connect_error', (error: Error & { data?: { code?: string } }) => {
        resolve(error.data?.code ?? error.message)
      })
    }),
  ])
}

/** What matters of a payload, without what differs from run to run (ids, times). */
function describe(payload: unknown): string {
  if (typeof payload !== 'object' || payload === null) return ''
  const { text, from, username, users, rooms, ok, error, data, room, to } = payload as Record<string, unknown>
  if (ok === false) return `: no, ${short((error as { code?: unknown } | undefined)?.code)}`
  if (ok === true) return `: yes${(data as { members?: unknown } | null)?.members ? ` ${short(data)}` : ''}`
  return ` ${short({ from, text, username, users, rooms, room: room ?? undefined, to })}`
}

function short(value: unknown): string {
  const text = typeof value === 'function' ? 'a function' : String(JSON.stringify(value))
  return text.length > 70 ? `${text.slice(0, 69)}…` : text
}
