import type { EventLimit } from '@levels/shared/server/event-limit.ts'
import type { Server, Socket } from 'socket.io'
import type { ClientToServerEvents, ServerToClientEvents } from './events.ts'
import type { User } from './users.ts'

/** What the server remembers of a socket. */
export interface SocketData {
  user: User
  /** Made with the first event: most sockets of a large server only listen. */
  limit?: EventLimit
}

type NoEvents = Record<never, never>

export type Level2Io = Server<ClientToServerEvents, ServerToClientEvents, NoEvents, SocketData>
export type Level2Socket = Socket<ClientToServerEvents, ServerToClientEvents, NoEvents, SocketData>

/**
 * The Socket.IO room with all tabs of a user. Every socket is also alone in a room named by its own id, so names that
 * people choose must never be room names as they are: hence the prefixes, and hence the session id in place of the
 * username: a name can pass to somebody else, who must not get what was meant for the one before.
 */
export const tabsOf = (user: User) => `user:${user.sessionId}`

/** The Socket.IO room with all tabs of all members of a room. */
export const membersOf = (room: string) => `room:${room}`
