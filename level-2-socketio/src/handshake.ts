import type { Level2Io, Level2Socket } from './io.ts'
import { parseUsername } from './usernames.ts'
import type { User, Users } from './users.ts'

/** Lets a socket in as the user it says it is, or refuses it: the client gets a `connect_error` with a code. */
export function guardHandshake(io: Level2Io, users: Users): void {
  const taken = new WeakSet<object>()
  io.use((socket, next) => {
    // Handshakes that come in one breath would each make a socket, and every message to everyone would be sent to this
    // one connection as many times.
    if (taken.has(socket.conn)) {
      socket.conn.close()
      return next(new Error('a connection has one socket'))
    }
    let user: User
    try {
      user = enter(socket, users)
    } catch (error) {
      return next(error as Error)
    }
    taken.add(socket.conn)
    socket.data.user = user
    forgetHandshake(socket)
    next()
    // Socket.IO connects the socket in the next tick, unless the client is gone by then, and tells nobody if it is.
    process.nextTick(() => {
      if (!socket.connected) users.exit(user, false)
    })
  })
}

function enter(socket: Level2Socket, users: Users): User {
  const { username, sessionId } = socket.handshake.auth as Record<string, unknown>
  // To be recovered, a client shows a secret of the lost connection, which proves as much as its session id does.
  const lost = socket.recovered ? socket.data.user : undefined
  return users.enter(parseUsername(username), sessionId ?? lost?.sessionId)
}

const nothing = Object.freeze({})

/** It has been read, and would otherwise stay in memory, with a secret in it, as long as the socket. */
function forgetHandshake({ handshake }: Level2Socket): void {
  handshake.auth = nothing
  handshake.headers = nothing
  handshake.query = nothing
  handshake.time = ''
}
