import { askTogether } from '@levels/shared/server/ask-together.ts'
import { HttpError } from '@levels/shared/server/http-error.ts'
import type { Model } from 'mongoose'
import { readEnds } from './log.ts'
import { type NotificationDoc, toNotification } from './models.ts'
import type { Fetch, Notification, NotificationPage, NotificationType } from './shapes.ts'

/** Only entries with a `seq` smaller than `before`. */
export type ListOptions = Fetch & { type?: NotificationType | undefined }

/** Unread ones are counted up to here, which means "more than 999": to count 100,000 would keep all others waiting. */
const COUNT_UP_TO = 1_000
/** A page, and a packet, ends before it has more JSON than this, in characters: a socket may have 1 MiB waiting. */
const PAGE_CHARS = 256 * 1_024

export type Reading = ReturnType<typeof createReading>

/** Reads users' logs. Tombstones are never shown: they only keep their numbers taken. */
export function createReading(Notification: Model<NotificationDoc>) {
  /** Newest first. `unread: false` means only those that were read. A page of long ones ends before `limit`. */
  async function list(userId: string, options: ListOptions): Promise<NotificationPage> {
    const { before, limit, unread, type } = options
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
    const items = fitting(documents.slice(0, limit).map(toNotification))
    const nextBefore = documents.length > items.length ? (items.at(-1)?.seq ?? null) : null
    return { items, unread: count, nextBefore }
  }

  function countUnread(userId: string): Promise<number> {
    return Notification.countDocuments({ userId, readAt: null, deletedAt: null }, { limit: COUNT_UP_TO })
  }

  /** A crowd that comes at once asks once. */
  const findEnds = askTogether((userIds: string[]) => readEnds(Notification, userIds))

  /** The number of the last entry, deleted or not; 0 for an empty log. */
  async function end(userId: string): Promise<number> {
    return (await findEnds(userId)).get(userId) ?? 0
  }

  /** One of the user's own. Throws HttpError 404 when it is not there (any more), 403 when it is another user's. */
  async function own(userId: string, id: string): Promise<NotificationDoc> {
    const document = await Notification.findById(id).lean()
    if (document && !document.userId.equals(userId)) {
      throw new HttpError(403, 'not_yours', 'This notification is not yours.')
    }
    if (document && !document.deletedAt) return document
    throw new HttpError(404, 'not_found', 'There is no such notification.')
  }

  async function one(userId: string, id: string): Promise<Notification> {
    return toNotification(await own(userId, id))
  }

  return { list, end, own, one, countUnread }
}

/** As many from the first on as fit into a page; one at least. */
export function fitting(items: readonly Notification[]): Notification[] {
  let chars = 0
  const tooMany = items.findIndex((item, index) => {
    chars += JSON.stringify(item).length
    return index > 0 && chars > PAGE_CHARS
  })
  return items.slice(0, tooMany < 0 ? undefined : tooMany)
}
