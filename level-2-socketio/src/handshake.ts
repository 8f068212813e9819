import type { Level2Io, Level2Socket } from './io.ts'
import { RateLimit } from './rate-limit.ts'
import { parseUsername } from './usernames.ts'
import type { User, Users } from './users.ts'

/** Lets a socket in as the user it says it is, or refuses it: the client gets a `connect_error` with a code. */
export function guardHandshake(io: Level2Io, users: Users): void {
  io.use((socket, next) => {
    let user: User
    try {
      user = enter(socket, users)
    } catch (error) {
      return next(error as Error)
    }
    next()
    // Socket.IO connects the socket in the next tick, unless the client is gone by then, and tells nobody if it is.
    process.nextTick(() => {
      if (!socket.connected) users.exit(socket, user, false)
    })
  })
}

function enter(socket: Level2Socket, users: Users): User {
  const { username, sessionId } = socket.handshake.auth as Record<string, unknown>
  // To be recovered, a client shows a secret of the lost connection, which proves as much as its session id does.
  const before: Partial<Level2Socket['data']> = socket.recovered ? socket.data : {}
  const user = users.enter(socket, parseUsername(username), sessionId ?? before.user?.sessionId)
  socket.data.user = user
  socket.data.rateLimit = before.rateLimit ?? new RateLimit()
  return user
}
