import type { IoSocket } from '../wire.ts'

/**
 * Tells a socket who it is, and that everything it knows comes anew: the first thing that it hears, and again when it may
 * have missed what nobody can tell any more.
 */
export function sayReady(socket: IoSocket, instance: string): void {
  const { userId, username, role, sid, expiresAt } = socket.data
  socket.emit('session:ready', {
    user: { id: userId, username, role },
    sessionId: sid,
    instance,
    expiresAt: new Date(expiresAt).toISOString(),
  })
}
