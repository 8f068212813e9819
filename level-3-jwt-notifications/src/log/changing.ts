import type { Notification } from '../events.ts'
import { type Models, toNotification } from '../models.ts'
import type { Tell } from '../wire.ts'
import type { Reading } from './reading.ts'

export type Changing = ReturnType<typeof createChanging>

/** How many are deleted in one step. */
const BATCH = 500

/** What a deleted entry loses; its place in the log it keeps. */
const CONTENT = { title: 1, message: 1, actionUrl: 1, metadata: 1, from: 1, channels: 1 } as const

/**
 * Changes to users' logs. Each is stored, then told to every tab and device of the user, including the one that asked,
 * so that all of them show the same. `touchUnread` hears whose unread count may have changed.
 */
export function createChanging(
  { Notification, User }: Models,
  {
    reading,
    tell,
    touchUnread,
  }: {
    reading: Reading
    tell: Tell
    touchUnread: (userId: string) => void
  },
) {
  /** Marks one read or unread. Doing it again changes nothing and tells nobody. */
  async function setRead(userId: string, id: string, read: boolean): Promise<Notification> {
    await reading.own(userId, id)
    const readAt = new Date()
    const changed = await Notification.findOneAndUpdate(
      { _id: id, userId, deletedAt: null, readAt: read ? null : { $ne: null } },
      read ? { $set: { readAt } } : { $unset: { readAt: 1 } },
      { returnDocument: 'after' },
    ).lean()
    if (!changed) return reading.one(userId, id)
    tell(userId, 'notification:updated', { id, seq: changed.seq, readAt: read ? readAt.toISOString() : null })
    touchUnread(userId)
    return toNotification(changed)
  }

  /** Marks everything read that is in the log now; what arrives meanwhile stays unread. */
  async function markAllRead(userId: string): Promise<{ upTo: number; readAt: string }> {
    const upTo = await reading.end(userId)
    const readAt = new Date()
    await Notification.updateMany(
      { userId, readAt: null, deletedAt: null, seq: { $lte: upTo } },
      { $set: { readAt } },
    )
    const allRead = { upTo, readAt: readAt.toISOString() }
    tell(userId, 'notifications:all-read', allRead)
    touchUnread(userId)
    return allRead
  }

  /** Leaves a tombstone: a number given again would look "already seen" to a client, which then never showed it. */
  async function remove(userId: string, id: string): Promise<{ id: string; seq: number }> {
    const { seq } = await reading.own(userId, id)
    await bury(userId, [{ id, seq }])
    return { id, seq }
  }

  /** Deletes everything the user has read. Returns how many that were. */
  async function removeRead(userId: string): Promise<number> {
    let deleted = 0
    while (true) {
      const read = await Notification.find({ userId, readAt: { $ne: null }, deletedAt: null }, { seq: 1 })
        .limit(BATCH)
        .lean()
      if (read.length === 0) return deleted
      await bury(
        userId,
        read.map(({ _id, seq }) => ({ id: _id.toHexString(), seq })),
      )
      deleted += read.length
    }
  }

  async function bury(userId: string, entries: { id: string; seq: number }[]): Promise<void> {
    await Notification.updateMany(
      { _id: { $in: entries.map(({ id }) => id) }, userId, deletedAt: null },
      { $set: { deletedAt: new Date() }, $unset: CONTENT },
    )
    for (const entry of entries) tell(userId, 'notification:deleted', entry)
    touchUnread(userId)
  }

  /** Remembers that everything up to `upTo` was shown. Never beyond the end of the log, never back. */
  async function seen(userId: string, upTo: number): Promise<{ upTo: number }> {
    const end = await reading.end(userId)
    const user = await User.findByIdAndUpdate(
      userId,
      { $max: { deliveredUpTo: Math.min(upTo, end) } },
      { returnDocument: 'after' },
    ).lean()
    return { upTo: user?.deliveredUpTo ?? 0 }
  }

  return { setRead, markAllRead, remove, removeRead, seen }
}
