import { HttpError } from '@levels/shared/server/respond.ts'
import type { Notification, NotificationPage, NotificationType } from '../events.ts'
import { type Models, type NotificationDoc, toNotification } from '../models.ts'

export interface ListOptions {
  /** Only entries with a smaller `seq`. */
  before?: number
  limit: number
  unread?: boolean
  type?: NotificationType
}

export type Reading = ReturnType<typeof createReading>

/** Reads users' logs. Tombstones never leave here: they only keep their numbers taken. */
export function createReading({ Notification }: Models) {
  /** Newest first. `unread: false` means only those that were read. */
  async function list(
    userId: string,
    { before, limit, unread, type }: ListOptions,
  ): Promise<NotificationPage> {
    const [documents, count] = await Promise.all([
      Notification.find({
        userId,
        deletedAt: null,
        ...(unread !== undefined && { readAt: unread ? null : { $ne: null } }),
        ...(type !== undefined && { type }),
        ...(before !== undefined && { seq: { $lt: before } }),
      })
        .sort({ seq: -1 })
        .limit(limit + 1) // one more, to know whether there is more
        .lean(),
      countUnread(userId),
    ])
    const items = documents.slice(0, limit).map(toNotification)
    return { items, unread: count, nextBefore: documents.length > limit ? (items.at(-1)?.seq ?? null) : null }
  }

  function countUnread(userId: string): Promise<number> {
    return Notification.countDocuments({ userId, readAt: null, deletedAt: null })
  }

  /** What came after `cursor`, oldest first, at most `limit` log entries. `upTo` also moves past the deleted ones. */
  async function after(userId: string, cursor: number, limit: number) {
    const documents = await Notification.find({ userId, seq: { $gt: cursor } })
      .sort({ seq: 1 })
      .limit(limit + 1)
      .lean()
    const packet = documents.slice(0, limit)
    return {
      items: packet.filter(({ deletedAt }) => !deletedAt).map(toNotification),
      more: documents.length > limit,
      upTo: packet.at(-1)?.seq ?? cursor,
    }
  }

  /** The number of the last entry, deleted or not; 0 for an empty log. */
  async function end(userId: string): Promise<number> {
    const last = await Notification.findOne({ userId }, { seq: 1 }).sort({ seq: -1 }).lean()
    return last?.seq ?? 0
  }

  /** One of the user's own. Throws HttpError 404 when it is not there (any more), 403 when it is another user's. */
  async function own(userId: string, id: string): Promise<NotificationDoc> {
    const document = await Notification.findById(id).lean()
    if (!document) throw notFound()
    if (!document.userId.equals(userId)) {
      throw new HttpError(403, 'not_yours', 'This notification is not yours.')
    }
    if (document.deletedAt) throw notFound()
    return document
  }

  async function one(userId: string, id: string): Promise<Notification> {
    return toNotification(await own(userId, id))
  }

  return { list, after, end, own, one, countUnread }
}

function notFound(): HttpError {
  return new HttpError(404, 'not_found', 'There is no such notification.')
}
