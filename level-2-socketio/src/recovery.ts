import type { Level2Io, SocketData } from './io.ts'

/** How long Socket.IO keeps what a lost connection would have received. */
export const RECOVERY_MS = 120_000

const nobody = new Set(['nobody'])

/**
 * Narrows Socket.IO's connection state recovery. It stores every packet for two minutes; a client that comes back names
 * the last one it saw, and gets the later ones before any middleware is asked. By then the user may have left a room,
 * or counts as gone, and two minutes of everything is much to remember. So what is stored, and what is given back, is
 * looked at here.
 */
export function guardRecovery(io: Level2Io): void {
  const { adapter } = io.sockets
  const broadcast = adapter.broadcast.bind(adapter)
  const restore = adapter.restoreSession.bind(adapter)

  adapter.broadcast = (packet, opts) => {
    const event = packet.data[0]
    // Not worth repeating: every connect brings a new `session` with everyone's names. A packet with the flag
    // `volatile`, even `false`, is not stored.
    const passing = event === 'typing' || event === 'user:joined' || event === 'user:left'
    if (passing) return broadcast(packet, { ...opts, flags: { ...opts.flags, volatile: false } })
    broadcast(packet, opts)
    if (event === 'session') {
      // The client will name this packet if it sees no other, so its place is kept, but not its content.
      packet.data.splice(0)
      opts.rooms = nobody
      opts.except = nobody
    }
  }

  adapter.restoreSession = async (pid, offset) => {
    const session = await restore(pid, offset)
    // A socket that is still connected is not restored a second time under the same id, which would cut both off. It
    // happens when the client notices a dead connection before the server does. Socket.IO takes the failure for
    // "nothing to restore", and goes on with a new socket.
    if (!session || io.sockets.sockets.has(session.sid)) throw new Error('nothing to restore')
    const { user } = session.data as SocketData
    return {
      ...session,
      rooms: [], // the connection handler joins those the user is in now
      missedPackets: session.missedPackets.filter(([, payload]) => {
        const { room } = payload as { room?: string | null }
        return !room || user.rooms.includes(room)
      }),
    }
  }
}
