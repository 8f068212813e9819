import type { Model } from 'mongoose'
import { type NotificationDoc, toNotification } from './models.ts'
import type { Reading } from './reading.ts'
import type { EmitLogEvent, Notification } from './shapes.ts'

export type Changing = ReturnType<typeof createChanging>

/** How many entries are changed in one step: between two steps the requests of others get their turn. */
const PIECE = 100

/** What a deleted entry loses. It keeps its number. */
const CONTENT = { title: 1, message: 1, actionUrl: 1, metadata: 1, from: 1, channels: 1 } as const

interface ChangingParts {
  Notification: Model<NotificationDoc>
  reading: Reading
  emit: EmitLogEvent
  /** Called with every user whose unread count may have changed. */
  onUnreadChanged(userId: string): void
}

/** Changes to users' logs. Each is stored, then sent to all tabs and devices of the user, the one that asked included. */
export function createChanging({ Notification, reading, emit, onUnreadChanged }: ChangingParts) {
  /** Marks one read or unread. Doing it again changes nothing and sends nothing. */
  async function setRead(userId: string, id: string, read: boolean): Promise<Notification> {
    await reading.own(userId, id)
    const readAt = new Date()
    const changed = await Notification.findOneAndUpdate(
      { _id: id, userId, deletedAt: null, readAt: read ? null : { $ne: null } },
      read ? { $set: { readAt } } : { $unset: { readAt: 1 } },
      { returnDocument: 'after' },
    ).lean()
    if (!changed) return reading.one(userId, id)
    emit(userId, 'notification:updated', { id, seq: changed.seq, readAt: read ? readAt.toISOString() : null })
    onUnreadChanged(userId)
    return toNotification(changed)
  }

  /** Marks everything read that is in the log now; what arrives meanwhile stays unread. */
  async function markAllRead(userId: string): Promise<{ upTo: number; readAt: string }> {
    const upTo = await reading.end(userId)
    const readAt = new Date()
    const unread = { userId, readAt: null, deletedAt: null }
    for (let last = upTo; last > 0; ) {
      const piece = await Notification.find({ ...unread, seq: { $lte: last } }, { seq: 1 })
        .sort({ seq: -1 })
        .limit(PIECE)
        .lean()
      const first = piece.at(-1)?.seq
      if (first === undefined) break
      await Notification.updateMany({ ...unread, seq: { $gte: first, $lte: last } }, { $set: { readAt } })
      last = first - 1
    }
    const allRead = { upTo, readAt: readAt.toISOString() }
    emit(userId, 'notifications:all-read', allRead)
    onUnreadChanged(userId)
    return allRead
  }

  /** Leaves a tombstone: a number given again would look "already seen" to a client, which then never showed it. */
  async function remove(userId: string, id: string): Promise<{ id: string; seq: number }> {
    const { seq } = await reading.own(userId, id)
    await bury(userId, [{ id, seq }])
    onUnreadChanged(userId)
    return { id, seq }
  }

  /** Deletes everything the user has read. Returns how many that were. */
  async function removeRead(userId: string): Promise<number> {
    let deleted = 0
    // By their numbers: to look for what is read from the start each time would find all the tombstones again.
    for (let last = await reading.end(userId); last > 0; last -= PIECE) {
      const seqs = { $gt: last - PIECE, $lte: last }
      const wasRead = { userId, seq: seqs, readAt: { $ne: null }, deletedAt: null }
      const read = await Notification.find(wasRead, { seq: 1 }).lean()
      const entries = read.map(({ _id, seq }) => ({ id: _id.toHexString(), seq }))
      if (entries.length > 0) await bury(userId, entries)
      deleted += entries.length
    }
    return deleted
  }

  async function bury(userId: string, entries: { id: string; seq: number }[]): Promise<void> {
    await Notification.updateMany(
      { _id: { $in: entries.map(({ id }) => id) }, userId, deletedAt: null },
      { $set: { deletedAt: new Date() }, $unset: CONTENT },
    )
    for (const entry of entries) emit(userId, 'notification:deleted', entry)
  }

  return { setRead, markAllRead, remove, removeRead }
}
