import { parse } from '@levels/shared/server/api/parse.ts'
import type { Identities } from '@levels/shared/server/caller.ts'
import { HttpError } from '@levels/shared/server/http-error.ts'
import { forgetHandshake } from '@levels/shared/server/socketio.ts'
import { handshakeAuth } from '../events.ts'
import { ADMIN_ROOM, endSocket, type IoSocket, sessionRoom, userRoom } from './types.ts'

export interface ConnectionParts {
  sessions: Identities
  /** Brings a socket up to date, once it is in its user's room. */
  welcome(socket: IoSocket): Promise<void>
  /** Answers the socket's events; `renew` is the one that belongs to the connection itself. */
  listen(socket: IoSocket, renew: (token: string) => Promise<{ expiresAt: string }>): void
  /** This server's name, for people who run several. */
  instance: string
  /** What the outside may learn about any error. */
  toHttpError(error: unknown, doing: string): HttpError
}

/** How long before the end a socket is warned, in milliseconds, unless half of the token's life is shorter. */
const WARNING_MS = 30_000

/**
 * A socket lives longer than the request that opened it. So who may be here is asked at the handshake, again after the
 * socket is in its rooms, and for as long as it lives: at the end of its token it is renewed or cut.
 */
export function createConnections(parts: ConnectionParts) {
  const { sessions, toHttpError } = parts

  /** Socket.IO's middleware: lets in who brings a good access token of a session that is alive. */
  function gate(socket: IoSocket, next: (error?: Error) => void): void {
    admit(socket).then(
      () => next(),
      (error: unknown) => {
        const { code, message } = toHttpError(error, 'handshake')
        // `data` reaches the client with its `connect_error`; it reconnects only when told to.
        next(Object.assign(new Error(message), { data: { code, message } }))
      },
    )
  }

  async function admit(socket: IoSocket): Promise<void> {
    const { auth } = socket.handshake
    const identity = await sessions.identify(auth.token)
    const { after } = parse(handshakeAuth, auth)
    Object.assign(socket.data, identity, { cursor: after })
    forgetHandshake(socket)
  }

  /** What happens to a socket that passed the gate. Its listeners are in place before anything is awaited. */
  function onConnection(socket: IoSocket): void {
    const { id, role, sid } = socket.data
    const expiry = watchExpiry(socket)
    socket.on('disconnect', expiry.stop)
    parts.listen(socket, async (token) => {
      const renewed = await sessions.identify(token)
      if (renewed.id !== id || renewed.sid !== sid) {
        throw new HttpError(401, 'token_invalid', 'This token is of another session.')
      }
      socket.data.expiresAt = renewed.expiresAt
      expiry.restart()
      return { expiresAt: new Date(renewed.expiresAt).toISOString() }
    })

    // Join first, read after: what is stored in between is emitted to the room. Read first, it would be in neither.
    socket.join([userRoom(id), sessionRoom(sid), ...(role === 'admin' ? [ADMIN_ROOM] : [])])
    bringUpToDate(socket).catch((error: unknown) => {
      const { code } = toHttpError(error, 'catch-up')
      if (code === 'session_revoked') return endSocket(socket, code)
      // A socket that missed something and does not know must not live on. Cut below Socket.IO, the client connects
      // again by itself, and asks anew.
      socket.conn.close()
    })
  }

  async function bringUpToDate(socket: IoSocket): Promise<void> {
    sayReady(socket)
    // Asked again: a sign-out between the gate and the join had no socket to cut yet.
    await sessions.requireAlive(socket.data.sid)
    await parts.welcome(socket)
  }

  /** The first event that a socket gets, and again when it may have missed what has no number: everything comes anew. */
  function sayReady(socket: IoSocket): void {
    const { id, username, role, sid, expiresAt } = socket.data
    socket.emit('session:ready', {
      user: { id, username, role },
      sessionId: sid,
      instance: parts.instance,
      expiresAt: new Date(expiresAt).toISOString(),
    })
  }

  return { gate, onConnection, sayReady }
}

/** Cuts a socket when its token ends. Checked only at the handshake, a token of 15 minutes would be good for days. */
function watchExpiry(socket: IoSocket): { restart(): void; stop(): void } {
  let warning: NodeJS.Timeout | undefined
  let end: NodeJS.Timeout | undefined

  function stop(): void {
    clearTimeout(warning)
    clearTimeout(end)
  }

  function restart(): void {
    stop()
    if (socket.disconnected) return // gone while its new token was checked
    const { expiresAt } = socket.data
    const leftMs = Math.max(0, expiresAt - Date.now())
    warning = setTimeout(
      () => socket.emit('session:expiring', { expiresAt: new Date(expiresAt).toISOString() }),
      leftMs - Math.min(WARNING_MS, leftMs / 2),
    )
    end = setTimeout(() => endSocket(socket, 'token_expired'), leftMs)
  }

  restart()
  return { restart, stop }
}
