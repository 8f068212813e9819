import type { Reading } from '../log/reading.ts'
import type { Models } from '../models.ts'
import type { IoSocket } from '../wire.ts'

const NEWEST = 20
const PACKET = 100

export type CatchUp = ReturnType<typeof createCatchUp>

/**
 * Brings a socket up to date from the log. The socket must be in its user's room already: whatever is stored from
 * then on is emitted to it, whatever was stored before is found here, and what is both comes twice with one id. Asked
 * in the other order, a notification stored in between would be in neither.
 */
export function createCatchUp({ User }: Models, reading: Reading) {
  /**
   * What a page shows first: the log up to here, and no further. What is stored from now on is emitted; were it in the
   * snapshot, too, a page could take it for something old. Then what it missed; what is known is not asked again.
   */
  async function welcome(socket: IoSocket): Promise<void> {
    const { userId } = socket.data
    const upTo = await reading.end(userId)
    const newest = { before: upTo + 1, limit: NEWEST }
    const { items, unread } = upTo > 0 ? await reading.list(userId, newest) : { items: [], unread: 0 }
    socket.emit('notifications:initial', { items, unread, upTo })
    const cursor = socket.data.cursor ?? (upTo > 0 ? await deliveredUpTo(userId) : 0)
    socket.data.cursor = Math.min(cursor, upTo)
    if (socket.data.cursor < upTo) await sendMissed(socket)
    else socket.emit('notifications:missed', { items: [], more: false, upTo })
  }

  async function deliveredUpTo(userId: string): Promise<number> {
    const user = await User.findById(userId, { deliveredUpTo: 1 }).lean()
    return user?.deliveredUpTo ?? 0
  }

  /** Everything after the socket's cursor, in packets. */
  async function sendMissed(socket: IoSocket): Promise<void> {
    let more = true
    while (more && socket.connected) {
      const packet = await reading.after(socket.data.userId, socket.data.cursor ?? 0, PACKET)
      if (!socket.connected) return
      socket.emit('notifications:missed', packet)
      socket.data.cursor = packet.upTo
      more = packet.more
    }
  }

  /** For a socket that lacks what other instances stored: brings it, and the count that belongs to it. */
  async function resend(socket: IoSocket): Promise<void> {
    await sendMissed(socket)
    socket.emit('unread', { count: await reading.countUnread(socket.data.userId) })
  }

  return { welcome, resend }
}
