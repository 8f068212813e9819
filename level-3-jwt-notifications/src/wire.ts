import type { DefaultEventsMap, Server, Socket } from 'socket.io'
import type { ClientToServerEvents, ServerToClientEvents } from './events.ts'
import type { Claims } from './sessions/sessions.ts'

/** What the server remembers about a socket. */
export interface SocketData extends Claims {
  username: string
  /** Everything up to here was sent to it from the log, or shown as it said itself; absent until one of them. */
  cursor?: number
}

export type Io = Server<ClientToServerEvents, ServerToClientEvents, DefaultEventsMap, SocketData>
export type IoSocket = Socket<ClientToServerEvents, ServerToClientEvents, DefaultEventsMap, SocketData>

/** Says something to every socket of a user or of several, on whatever instance; encoded once for all of them. */
export type Tell = <E extends keyof ServerToClientEvents>(
  to: string | readonly string[],
  event: E,
  ...args: Parameters<ServerToClientEvents[E]>
) => void

/**
 * The server's rooms. Only the server joins sockets to them, and the prefixes keep them apart from socket ids, which
 * are rooms, too.
 */
export const userRoom = (userId: string) => `user:${userId}`
export const sessionRoom = (sid: string) => `session:${sid}`
export const ADMIN_ROOM = 'admin'
