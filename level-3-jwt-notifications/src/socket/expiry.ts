import type { IoSocket } from '../wire.ts'

/** How long before the end a socket is warned, in milliseconds, unless half of the token's life is shorter. */
const WARNING_MS = 30_000

export interface Expiry {
  /** A new token: a new end. */
  restart(): void
  stop(): void
}

/**
 * Cuts a socket when its token ends (`socket.data.expiresAt`). A socket lives longer than the request that opened it:
 * checked only at the handshake, a token of 15 minutes would be good for days.
 */
export function watchExpiry(socket: IoSocket): Expiry {
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

/** Says why, then cuts. It leaves its rooms first: nothing is delivered in between. */
export function endSocket(socket: IoSocket, code: 'token_expired' | 'session_revoked'): void {
  for (const room of socket.rooms) if (room !== socket.id) socket.leave(room)
  socket.emit('session:ended', { code })
  socket.disconnect(true)
}
