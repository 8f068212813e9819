import type { Identity } from '@levels/shared/server/caller.ts'
import type { DefaultEventsMap, Server, Socket } from 'socket.io'
import type { ClientToServerEvents, ServerEvent, ServerToClientEvents } from '../events.ts'

/** What the server remembers about a socket. */
export interface SocketData extends Identity {
  /** Everything up to here was sent to it from the log, or shown as it said itself; absent until one of them. */
  cursor?: number
}

export type Io = Server<ClientToServerEvents, ServerToClientEvents, DefaultEventsMap, SocketData>
export type IoSocket = Socket<ClientToServerEvents, ServerToClientEvents, DefaultEventsMap, SocketData>

/** Sends an event to a socket, or to those in a room. Socket.IO's own types cannot follow a choice of events. */
export function emit(target: Pick<Io | IoSocket, 'emit'>, ...[event, payload]: ServerEvent): void {
  const untyped = target as unknown as Pick<Server, 'emit'>
  untyped.emit(event, payload)
}

/** Only the server joins sockets to these rooms. The prefixes keep them apart from socket ids, which are rooms, too. */
export const userRoom = (userId: string) => `user:${userId}`
export const sessionRoom = (sid: string) => `session:${sid}`
export const ADMIN_ROOM = 'admin'

/** Says why, then cuts. It leaves its rooms first: nothing is delivered in between. */
export function endSocket(socket: IoSocket, code: 'token_expired' | 'session_revoked'): void {
  for (const room of socket.rooms) if (room !== socket.id) socket.leave(room)
  socket.emit('session:ended', { code })
  socket.disconnect(true)
}
