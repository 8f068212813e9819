import { parseName } from '@levels/shared/server/names.ts'
import { cutConnection, forgetHandshake } from '@levels/shared/server/socketio.ts'
import { type Level2Io, type Level2Socket, tabsOf } from './io.ts'
import type { Missed, RecoveryAdapter } from './recovery.ts'
import { Refusal } from './refusal.ts'
import type { User, Users } from './users.ts'

/** Lets a socket in as the user it says it is, or refuses it: the client gets a `connect_error` with a code. */
export function guardHandshake(io: Level2Io, users: Users, recovery: RecoveryAdapter) {
  /** Sockets that come back, and what they get when they are connected. */
  const returning = new WeakMap<Level2Socket, Missed & { pid: string }>()
  io.use((socket, next) => {
    let user: User
    try {
      user = enter(socket, users)
    } catch (error) {
      return next(error as Error)
    }
    socket.data.user = user
    const missed = recover(socket, user)
    if (missed) returning.set(socket, missed)
    forgetHandshake(socket)
    next()
    // Socket.IO connects the socket in the next tick, unless the client is gone by then, and tells nobody if it is.
    process.nextTick(() => {
      if (!socket.connected) users.exit(user, user.lost)
    })
  })
  return returning

  function recover(socket: Level2Socket, user: User) {
    const { pid, offset } = socket.handshake.auth as Record<string, unknown>
    if (typeof pid !== 'string') return undefined
    // A client may notice a dead connection before the server does.
    for (const tab of [...(io.sockets.adapter.rooms.get(tabsOf(user)) ?? [])]) {
      const other = io.sockets.sockets.get(tab)
      if (other && Reflect.get(other, 'pid') === pid) cutConnection(other.conn)
    }
    const missed = recovery.missed(user, pid, offset)
    if (!missed) return undefined
    if (missed.limit) socket.data.limit = missed.limit
    // The answer to the handshake carries `pid`: the same one tells the client that it is recovered.
    Object.assign(socket, { recovered: true, pid })
    return { ...missed, pid }
  }
}

function enter(socket: Level2Socket, users: Users): User {
  const { username, sessionId } = socket.handshake.auth as Record<string, unknown>
  return users.enter(parseUsername(username), sessionId)
}

/** The name as it will be shown. Throws Refusal `username_missing` or `username_invalid`. */
function parseUsername(value: unknown): string {
  if (value === undefined || value === null || value === '') {
    throw new Refusal('username_missing', 'Choose a username.')
  }
  const parsed = parseName(typeof value === 'string' ? value : '')
  if (!parsed.ok) throw new Refusal('username_invalid', parsed.reason)
  return parsed.name
}
