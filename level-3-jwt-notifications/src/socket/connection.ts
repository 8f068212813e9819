import type { ToHttpError } from '@levels/shared/server/api/problem.ts'
import type { Changing } from '../log/changing.ts'
import type { Reading } from '../log/reading.ts'
import type { Rooms } from '../rooms/rooms.ts'
import type { AccessTokens, Sessions } from '../sessions/sessions.ts'
import { refusal } from '../sessions/shapes.ts'
import { ADMIN_ROOM, type IoSocket, sessionRoom, userRoom } from '../wire.ts'
import type { CatchUp } from './catch-up.ts'
import { dispatch } from './dispatch.ts'
import { type Expiry, endSocket, watchExpiry } from './expiry.ts'
import { sayReady } from './ready.ts'

export interface ConnectionParts {
  tokens: AccessTokens
  sessions: Sessions
  reading: Reading
  changing: Changing
  rooms: Rooms
  catchUp: CatchUp
  /** This server's name, for people who run several. */
  instance: string
  toHttpError: ToHttpError
}

/** What happens to a socket that passed the gate. Its handlers are in place before anything is awaited. */
export function createConnectionHandler(parts: ConnectionParts): (socket: IoSocket) => void {
  return (socket) => {
    const { userId, role, sid } = socket.data
    const expiry = watchExpiry(socket)
    socket.on('disconnect', () => expiry.stop())
    dispatch(socket, handlersFor(socket, expiry, parts), parts.toHttpError)

    socket.join([userRoom(userId), sessionRoom(sid), ...(role === 'admin' ? [ADMIN_ROOM] : [])])
    sayReady(socket, parts.instance)
    bringUpToDate(socket, parts).catch((error: unknown) => {
      const { code } = parts.toHttpError(error, 'catch-up')
      if (code === 'session_revoked') return endSocket(socket, code)
      // A socket that missed something and does not know must not live on. Cut below Socket.IO, the client connects
      // again by itself, and asks anew.
      socket.conn.close()
    })
  }
}

async function bringUpToDate(socket: IoSocket, { sessions, catchUp }: ConnectionParts): Promise<void> {
  // Asked again: a sign-out between the gate and the join had no socket to cut yet.
  await sessions.requireAlive(socket.data.sid)
  await catchUp.welcome(socket)
}

function handlersFor(
  socket: IoSocket,
  expiry: Expiry,
  { tokens, sessions, reading, changing, rooms }: ConnectionParts,
): Parameters<typeof dispatch>[1] {
  const { userId, username, sid } = socket.data
  return {
    'notifications:fetch': (query) => reading.list(userId, query),
    'notification:mark-read': ({ id, read }) => changing.setRead(userId, id, read),
    'notifications:mark-all-read': () => changing.markAllRead(userId),
    'notification:delete': ({ id }) => changing.remove(userId, id),
    async 'notifications:seen'({ upTo }) {
      const seen = await changing.seen(userId, upTo)
      socket.data.cursor = Math.max(socket.data.cursor ?? 0, Math.min(upTo, seen.upTo))
      return seen
    },
    'room:send': ({ room, text }) => rooms.send({ id: userId, username }, room, text),
    async 'session:renew'({ token }) {
      const claims = tokens.verify(token)
      if (claims.userId !== userId || claims.sid !== sid) throw refusal('token_invalid')
      await sessions.requireAlive(sid)
      socket.data.expiresAt = claims.expiresAt
      expiry.restart()
      return { expiresAt: new Date(claims.expiresAt).toISOString() }
    },
  }
}
