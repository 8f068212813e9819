import type { Level2Io, SocketData } from './io.ts'

/** How long Socket.IO keeps what a lost connection would have received. */
export const RECOVERY_MS = 120_000

/**
 * Narrows what Socket.IO's connection state recovery gives back. It stores every packet for two minutes; a client that
 * comes back names the last one it saw and gets the later ones, before any middleware is asked. By then the user may
 * have left a room, or counts as gone, so:
 *
 * - no Socket.IO room is restored: the connection handler joins those the user is in now;
 * - room messages are replayed only from rooms the user is still in, and nobody is shown as typing long ago;
 * - a socket that is still connected is not restored a second time under the same id, which would cut both off.
 *   It happens when the client notices a dead connection before the server does.
 */
export function guardRecovery(io: Level2Io): void {
  const { adapter } = io.sockets
  const restore = adapter.restoreSession.bind(adapter)

  adapter.restoreSession = async (pid, offset) => {
    const session = await restore(pid, offset)
    // Socket.IO takes a failure for "nothing to restore", and goes on with a new socket.
    if (!session || io.sockets.sockets.has(session.sid)) throw new Error('nothing to restore')
    const { user } = session.data as SocketData
    return {
      ...session,
      rooms: [],
      missedPackets: session.missedPackets.filter(([event, payload]) => {
        const { room } = payload as { room?: string | null }
        return event !== 'typing' && (!room || user.rooms.has(room))
      }),
    }
  }
}
