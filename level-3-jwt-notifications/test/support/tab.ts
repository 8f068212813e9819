import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client'
import { onTestFinished } from 'vitest'
import {
  type Ack,
  type ClientToServerEvents,
  clientEvents,
  type Refusal,
  type ServerToClientEvents,
  serverEvents,
} from '../../src/events.ts'

type Events = ServerToClientEvents
type Payload<E extends keyof Events> = Parameters<Events[E]>[0]
export type ClientSocket = Socket<ServerToClientEvents, ClientToServerEvents>
export type ClientOptions = Partial<ManagerOptions & SocketOptions>

/** A browser tab's connection, which remembers everything it hears. */
export interface Tab {
  socket: ClientSocket
  /** Everything it heard of this name so far, in order. */
  heard<E extends keyof Events>(event: E): Payload<E>[]
  /** The first of this name, and for which `test` holds, that no call has returned yet. */
  next<E extends keyof Events>(event: E, test?: (payload: Payload<E>) => boolean): Promise<Payload<E>>
  /** The names of all events so far, in order. */
  names(): string[]
  /** Sends anything, of any shape, and waits for the acknowledgement. */
  ask(event: string, ...args: unknown[]): Promise<Ack<Record<string, unknown>>>
  /** Waits until the connection is lost; resolves with Socket.IO's reason. */
  lost(): Promise<string>
}

/** Connects with this handshake, of whatever shape. It comes back by itself; closed after the test. */
export function connectTab(url: string, auth: unknown, options: ClientOptions = {}): Tab {
  const socket: ClientSocket = io(url, {
    transports: ['websocket'],
    forceNew: true,
    reconnectionDelay: 20,
    reconnectionDelayMax: 100,
    timeout: 5_000,
    auth: typeof auth === 'function' ? (auth as (give: (data: object) => void) => void) : (auth as object),
    ...options,
  })
  onTestFinished(() => void socket.disconnect())
  return listen(socket)
}

/** Connects and waits until it has caught up. Rejects when the handshake is refused. */
export async function openTab(url: string, auth: unknown, options?: ClientOptions): Promise<Tab> {
  const tab = connectTab(url, auth, options)
  const refused = new Promise<never>((_, reject) => tab.socket.once('connect_error', reject))
  await Promise.race([tab.next('notifications:missed', ({ more }) => !more), refused])
  return tab
}

/** Why the handshake is refused. */
export async function refusal(url: string, auth: unknown): Promise<Refusal> {
  const { socket } = connectTab(url, auth)
  return new Promise((resolve, reject) => {
    socket.once('connect_error', (error) => resolve((error as Error & { data: Refusal }).data))
    socket.once('connect', () => reject(new Error('was let in')))
  })
}

function listen(socket: ClientSocket): Tab {
  const arrivals: [name: string, payload: unknown][] = []
  const unread: [name: string, payload: unknown][] = []
  const looking = new Set<() => void>()
  const lost = new Promise<string>((resolve) => socket.once('disconnect', resolve))
  socket.onAny((name: string, payload: unknown) => {
    if (isServerEvent(name)) serverEvents[name].parse(payload) // what the contract says, to the letter
    arrivals.push([name, payload])
    unread.push([name, payload])
    for (const look of looking) look()
  })

  return {
    socket,
    heard: <E extends keyof Events>(event: E) =>
      arrivals.filter(([name]) => name === event).map(([, payload]) => payload as Payload<E>),
    names: () => arrivals.map(([name]) => name),
    next: <E extends keyof Events>(event: E, test: (payload: Payload<E>) => boolean = () => true) =>
      new Promise<Payload<E>>((resolve) => {
        const look = () => {
          const index = unread.findIndex(([name, payload]) => name === event && test(payload as Payload<E>))
          const [found] = index < 0 ? [] : unread.splice(index, 1)
          if (!found) return
          looking.delete(look)
          resolve(found[1] as Payload<E>)
        }
        looking.add(look)
        look()
      }),
    async ask(event, ...args) {
      const answer: Ack<Record<string, unknown>> = await (socket as Socket)
        .timeout(5_000)
        .emitWithAck(event, ...args)
      if (answer.ok && isClientEvent(event)) clientEvents[event].answer.parse(answer.data)
      return answer
    },
    lost: () => lost,
  }
}

function isServerEvent(name: string): name is keyof typeof serverEvents {
  return Object.hasOwn(serverEvents, name)
}

function isClientEvent(name: string): name is keyof typeof clientEvents {
  return Object.hasOwn(clientEvents, name)
}
