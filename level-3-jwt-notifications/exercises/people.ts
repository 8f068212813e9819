import type { Attempt } from '@levels/shared/exercises/attempt.ts'
import { Mistake } from '@levels/shared/exercises/mistake.ts'
import { patience } from '@levels/shared/exercises/patience.ts'
import type { Program } from '@levels/shared/exercises/program.ts'
import { io, type Socket } from 'socket.io-client'
import { type Answer, call, NoAnswer } from '../../promises/http.ts'
import type { Ack, Notification } from '../src/events.ts'

/** How long an answer may take, in milliseconds: long for a slow machine, short for somebody who waits. */
const ANSWER_MS = 6_000

/** Somebody with an account, signed in once. */
export interface Person {
  name: string
  token: string
  /** `refresh_token=…`, as a browser would send it; empty when there was none. */
  cookie: string
}

/** One tab of somebody. */
export interface Tab {
  readonly name: string
  readonly socket: Socket
  /** Everything that came as `notification:new` or in `notifications:missed`, in the order in which it came. */
  readonly got: Notification[]
  /** The packets of `notifications:missed`. */
  readonly packets: { items: Notification[]; more: boolean; upTo: number }[]
  /** The last payload of an event; undefined when it has not come. */
  last(event: string): Record<string, unknown> | undefined
  /** Whether this text comes in time. */
  gets(text: string): Promise<boolean>
  ask(event: string, payload: unknown): Promise<Ack<Record<string, unknown>> | undefined>
  leave(): void
}

const PASSWORD = 'password123'

/** Makes an account. Throws a Mistake when the server does not. */
export async function register(attempt: Attempt, server: Program, name: string): Promise<Person> {
  return signInBy(attempt, server, 'register', name)
}

/** Signs in once more, as on another device. */
export async function logIn(attempt: Attempt, server: Program, { name }: Person): Promise<Person> {
  return signInBy(attempt, server, 'login', name)
}

async function signInBy(attempt: Attempt, { url }: Program, how: string, name: string): Promise<Person> {
  const body = { username: name, password: PASSWORD }
  const timeoutMs = patience(15_000)
  const answer = await answered(call(`${url}/api/auth/${how}`, { method: 'POST', body, timeoutMs }))
  attempt.saw(`POST /api/auth/${how} of ${name}: ${answer.status}`)
  const token = (answer.json as { accessToken?: unknown } | undefined)?.accessToken
  if (answer.status >= 300 || typeof token !== 'string') {
    throw new Mistake(
      `POST /api/auth/${how} of ${name} was answered ${answer.status} ${answer.text.slice(0, 100)}. It gives an accessToken.`,
    )
  }
  return { name, token, cookie: cookieOf(answer) }
}

/** An answer that does not come is the learner's mistake, unless the check has ended the server itself. */
async function answered(asking: Promise<Answer>): Promise<Answer> {
  return asking.catch((error: Error) => {
    if (!(error instanceof NoAnswer) || !/not within/.test(error.message)) throw error
    throw new Mistake(
      `There was ${error.message}. Every request is answered, whatever happens: a page would wait for ever.`,
    )
  })
}

/** The refresh cookie of an answer, as a browser would send it back. */
export function cookieOf({ headers }: Answer): string {
  const line = headers['set-cookie']?.find((each) => each.startsWith('refresh_token='))
  return line?.split(';')[0] ?? ''
}

/** Calls the API as somebody. Throws a Mistake when there is no answer in time. */
export function api(
  { url }: Program,
  { token }: { token: string | undefined },
  method: string,
  path: string,
  { body, headers }: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const all = { ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) }
  return answered(call(url + path, { method, body, headers: all, timeoutMs: patience(15_000) }))
}

/** `from` sends `to` one text, with an `Idempotency-Key` if there is one. Every answer is an answer. */
export async function send(
  attempt: Attempt,
  server: Program,
  from: Person,
  to: Person,
  text: string,
  key?: string,
): Promise<{ status: number; notification: Partial<Notification> }> {
  const { status, json } = await api(server, from, 'POST', '/api/notifications', {
    body: { to: to.name, title: text, message: text },
    ...(key !== undefined && { headers: { 'idempotency-key': key } }),
  })
  const notification = (json ?? {}) as Partial<Notification>
  attempt.saw(`${from.name} → "${text}" to ${to.name}: ${status}${seqOf(notification)}`)
  return { status, notification }
}

/** What is in somebody's log, newest first, at most 100. */
export async function list(attempt: Attempt, server: Program, of: Person): Promise<Notification[]> {
  const { status, json, text } = await api(server, of, 'GET', '/api/notifications?limit=100')
  const { items } = (json ?? {}) as { items?: Notification[] }
  attempt.expect(
    status === 200 && Array.isArray(items),
    `${of.name} asked GET /api/notifications, and the answer was ${status} ${text.slice(0, 80)}. It is 200 and { items }, newest first.`,
  )
  attempt.saw(`${of.name} ← the list: ${items.map(({ seq }) => seq).join(' ') || 'empty'}`)
  return items
}

const seqOf = ({ seq }: Partial<Notification>) => (seq === undefined ? '' : `, number ${seq}`)

export interface OpenOptions {
  /** How far this tab says it has come. */
  after?: number
  name?: string
}

/** Opens a tab and waits for `session:ready`. Throws a Mistake when it is not let in. */
export async function open(
  attempt: Attempt,
  server: Program,
  { name: owner, token }: Pick<Person, 'name' | 'token'>,
  { after, name = owner }: OpenOptions = {},
): Promise<Tab> {
  const socket = connect(attempt, server, { token, ...(after !== undefined && { after }) })
  const got: Notification[] = []
  const packets: Tab['packets'] = []
  const last = new Map<string, Record<string, unknown>>()
  let changed: () => void = () => undefined
  socket.onAny((event: string, payload: Record<string, unknown> = {}) => {
    last.set(event, payload)
    if (event === 'notification:new') got.push(payload as unknown as Notification)
    if (event === 'notifications:missed') {
      packets.push(payload as unknown as Tab['packets'][number])
      got.push(...(payload.items as Notification[]))
    }
    attempt.saw(`${name} ← ${event}${describe(event, payload)}`)
    changed()
  })
  socket.on('disconnect', (reason) => {
    attempt.saw(`${name} ← disconnected (${reason})`)
    changed()
  })
  const refusal = await outcome(socket)
  if (refusal) {
    throw new Mistake(
      `${name} connected with the token that the server had just given out, and there was no session:ready: ${refusal}.`,
    )
  }
  return {
    name,
    socket,
    got,
    packets,
    last: (event) => last.get(event),
    async gets(text) {
      const deadline = performance.now() + patience(ANSWER_MS)
      while (!got.some(({ message }) => message === text)) {
        if (performance.now() > deadline) return false
        await new Promise<void>((resolve) => {
          changed = resolve
          setTimeout(resolve, 100)
        })
      }
      return true
    },
    async ask(event, payload) {
      const answer = await socket
        .timeout(patience(ANSWER_MS))
        .emitWithAck(event, payload)
        .catch(() => undefined) // no answer in time: the check says what that means
      attempt.saw(`${name} → ${event} ${JSON.stringify(payload)}: ${answer?.ok ? 'ok' : 'no'}`)
      return answer
    },
    leave() {
      attempt.saw(`${name} leaves`)
      socket.disconnect()
    },
  }
}

/** Why a handshake is refused: its code, or `no code` when `err.data` has none. Undefined when it is let in. */
export async function refusalOf(
  attempt: Attempt,
  server: Program,
  token?: unknown,
): Promise<string | undefined> {
  const socket = connect(attempt, server, token === undefined ? {} : { token })
  const refusal = await outcome(socket)
  socket.disconnect()
  return refusal
}

function connect(attempt: Attempt, { url }: Program, auth: object): Socket {
  const socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false, auth })
  attempt.defer(() => socket.disconnect())
  return socket
}

/** Resolves with nothing when `session:ready` came, and with why not otherwise. */
function outcome(socket: Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, patience(ANSWER_MS), 'nothing came')
    const done = (why?: string) => {
      clearTimeout(timer)
      resolve(why)
    }
    socket.once('session:ready', () => done())
    socket.once('connect_error', ({ data }: Error & { data?: { code?: string } }) =>
      done(data?.code ?? 'no code'),
    )
    socket.once('disconnect', (reason) => done(`it was cut (${reason})`))
  })
}

/** What matters of a payload, without what differs from run to run (ids, times). */
function describe(event: string, payload: Record<string, unknown>): string {
  if (event === 'notification:new') return ` "${payload.message}"${seqOf(payload as Partial<Notification>)}`
  if (event === 'session:ended') return ` ${payload.code}`
  if (event !== 'notifications:missed') return ''
  const items = payload.items as Notification[]
  const first = items[0]?.seq
  return first === undefined ? ' none' : ` ${first} to ${items.at(-1)?.seq}${payload.more ? ', more' : ''}`
}
