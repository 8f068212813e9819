import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createLog } from '@levels/shared/server/log.ts'
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client'
import { onTestFinished } from 'vitest'
import type { Acknowledgement, Session } from '../../src/events.ts'
import { createServer, type Level2Server, type Options } from '../../src/server.ts'

/** Short, so that tests of what happens after it are quick. */
export const GRACE_MS = 200

export interface TestServer extends Level2Server {
  url: string
  /** Connects as `username` and waits for the `session` event. */
  enter(username: string, auth?: Record<string, unknown>, options?: ClientOptions): Promise<TestClient>
}

export type ClientOptions = Partial<ManagerOptions & SocketOptions>

/** What arrived, in order: the event and its payload. */
type Arrival = readonly [event: string, payload: Record<string, unknown>]

export interface TestClient {
  socket: Socket
  /** The last `session` event. */
  session: Session
  /** Waits for the first event of that name (and with these values) that no call has returned yet. */
  next(event: string, values?: Record<string, unknown>): Promise<Record<string, unknown>>
  /** Sends an event and waits for its acknowledgement. */
  ask(event: string, ...args: unknown[]): Promise<Acknowledgement<Record<string, unknown>>>
  /** The reason for which it is disconnected next. */
  disconnected(): Promise<string>
  /** Everything that arrived so far, of one name. */
  got(event: string): Record<string, unknown>[]
}

/** `prepare` is called before it listens. A `port` is for one that comes back where it was. */
export async function startServer(
  options: Partial<Options> = {},
  prepare: (http: Level2Server['http']) => unknown = () => undefined,
  port = 0,
): Promise<TestServer> {
  const server = createServer({
    allowedOrigins: [],
    log: createLog('error'),
    graceMs: GRACE_MS,
    ...options,
  })
  onTestFinished(() => server.close())
  await prepare(server.http)
  server.http.listen(port, '127.0.0.1')
  await once(server.http, 'listening')
  const url = `http://localhost:${(server.http.address() as AddressInfo).port}`
  return { ...server, url, enter: (username, auth, more) => enter(url, { username, ...auth }, more) }
}

/** A client that has not been let in yet. Closed after the test. */
export function open(url: string, auth: Record<string, unknown>, options: ClientOptions = {}): Socket {
  const socket = io(url, {
    auth,
    forceNew: true,
    reconnectionDelay: 20,
    randomizationFactor: 0,
    transports: ['websocket'],
    ...options,
  })
  onTestFinished(() => void socket.disconnect())
  return socket
}

/** The code with which the handshake is refused. */
export async function refusal(url: string, auth: Record<string, unknown>): Promise<unknown> {
  const socket = open(url, auth)
  return new Promise((resolve, reject) => {
    socket.once('connect_error', (error) => resolve((error as { data?: { code?: unknown } }).data?.code))
    socket.once('connect', () => reject(new Error('was let in')))
  })
}

async function enter(url: string, auth: Record<string, unknown>, options?: ClientOptions) {
  const client = listen(open(url, auth, options))
  const refused = new Promise<never>((_, reject) => client.socket.once('connect_error', reject))
  await Promise.race([client.next('session'), refused])
  return client
}

/** Records what arrives at a socket. */
export function listen(socket: Socket): TestClient {
  const arrivals: Arrival[] = []
  const unread: Arrival[] = []
  const waiting = new Set<() => void>()
  socket.onAny((event: string, payload: Record<string, unknown>) => {
    if (event === 'session') client.session = payload as unknown as Session
    arrivals.push([event, payload])
    unread.push([event, payload])
    for (const look of waiting) look()
  })

  const client: TestClient = {
    socket,
    session: { sessionId: '', username: '', users: [], rooms: [] },
    next: (event, values = {}) =>
      new Promise((resolve) => {
        const look = () => {
          const index = unread.findIndex(([name, payload]) => name === event && includes(payload, values))
          const found = unread[index]
          if (!found) return
          unread.splice(index, 1)
          waiting.delete(look)
          resolve(found[1])
        }
        waiting.add(look)
        look()
      }),
    ask: (event, ...args) => socket.timeout(5_000).emitWithAck(event, ...args),
    disconnected: () => new Promise((resolve) => socket.once('disconnect', resolve)),
    got: (event) => arrivals.filter(([name]) => name === event).map(([, payload]) => payload),
  }
  return client
}

function includes(payload: Record<string, unknown>, values: Record<string, unknown>): boolean {
  return Object.entries(values).every(([key, value]) => payload[key] === value)
}

/** Lets everything that was sent before arrive: what one sends to everyone comes after it, at everyone. */
export async function settle(sender: TestClient, ...others: TestClient[]): Promise<void> {
  const text = `settled ${Math.random()}`
  const all = [sender, ...others].map((client) => client.next('message:new', { text }))
  await sender.ask('message:send', { text })
  await Promise.all(all)
}
