import type { Model } from 'mongoose'
import { readAfter } from './log.ts'
import { type NotificationDoc, toNotification } from './models.ts'
import { fitting, type Reading } from './reading.ts'
import type { LogEvent } from './shapes.ts'

const NEWEST = 20
const PACKET = 100

/** A connection of a user, of whatever kind, that is brought up to date. */
export interface Listener {
  readonly data: {
    /** Its user's. */
    readonly id: string
    /** Everything up to here was sent to it from the log, or shown as it said itself; absent until one of them. */
    cursor?: number
  }
  emit(...event: LogEvent): void
  /** Resolves with true when everything emitted so far has left this process, and with false when the peer is gone. */
  drained(): Promise<boolean>
}

/** Up to which number each user's screens have shown everything, on all devices together; 0 at first. */
export interface Delivered {
  read(userId: string): Promise<number>
  /** Raises it, and never lowers it. Returns where it stands. */
  raise(userId: string, upTo: number): Promise<number>
}

/**
 * Brings a connection up to date from the log. It must get the user's live notifications already: what is stored from then
 * on is emitted to it, what was stored before is found here, and what is both comes twice with one id. In the other
 * order, a notification stored in between would be in neither.
 */
export function createCatchUp(Notification: Model<NotificationDoc>, delivered: Delivered, reading: Reading) {
  /**
   * What a page shows first: the log up to here, and no further. What is stored from now on is emitted; if it were in the
   * snapshot, too, a page could take it for something old. Then what it missed; what is known is not asked again.
   */
  async function welcome(listener: Listener): Promise<void> {
    const { data } = listener
    const upTo = await reading.end(data.id)
    const newest = { before: upTo + 1, limit: NEWEST }
    const { items, unread } = upTo > 0 ? await reading.list(data.id, newest) : { items: [], unread: 0 }
    listener.emit('notifications:initial', { items, unread, upTo })
    const cursor = data.cursor ?? (upTo > 0 ? await delivered.read(data.id) : 0)
    data.cursor = Math.min(cursor, upTo)
    if (data.cursor < upTo) await sendMissed(listener)
    else listener.emit('notifications:missed', { items: [], more: false, upTo })
  }

  /** For one that lacks what other instances stored: sends it, and the count that belongs to it. */
  async function resend(listener: Listener): Promise<void> {
    await sendMissed(listener)
    listener.emit('unread', { count: await reading.countUnread(listener.data.id) })
  }

  /**
   * Everything after the cursor, in packets. Each is read when the one before has left: a reader that does not read costs
   * no more memory than one.
   */
  async function sendMissed({ data, emit, drained }: Listener): Promise<void> {
    for (let more = true, limit = PACKET; more && (await drained()); ) {
      const cursor = data.cursor ?? 0
      const entries = await readAfter(Notification, data.id, cursor, limit + 1)
      const packet = entries.slice(0, limit)
      const readable = packet.filter(({ deletedAt }) => !deletedAt).map(toNotification)
      const items = fitting(readable)
      const cut = readable[items.length]
      const upTo = cut ? cut.seq - 1 : (packet.at(-1)?.seq ?? cursor)
      more = cut !== undefined || entries.length > limit
      limit = cut ? Math.min(2 * items.length, PACKET) : PACKET // long ones: most were read for nothing
      emit('notifications:missed', { items, more, upTo })
      data.cursor = upTo
    }
  }

  /** Remembers that everything up to `upTo` was shown. Never beyond the end of the log, never back. */
  async function seen({ data }: Listener, upTo: number): Promise<{ upTo: number }> {
    const end = await reading.end(data.id)
    const everywhere = await delivered.raise(data.id, Math.min(upTo, end))
    data.cursor = Math.max(data.cursor ?? 0, Math.min(upTo, everywhere))
    return { upTo: everywhere }
  }

  return { welcome, resend, seen }
}
