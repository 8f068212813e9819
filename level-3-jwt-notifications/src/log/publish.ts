import { createGroupCommit } from '@levels/shared/server/group-commit.ts'
import { type Model, Types } from 'mongoose'
import QuickLRU from 'quick-lru'
import { createLog, type Entry, type ReadEnds, readEnds } from './log.ts'
import { type NotificationDoc, toNotification } from './models.ts'
import type { Notification } from './shapes.ts'

/** A notification for one user, before it is stored. */
export interface Publication extends Omit<Notification, 'id' | 'seq' | 'createdAt' | 'readAt'> {
  userId: string
  /** An id chosen ahead. Publishing one id again stores nothing: what is stored comes back. */
  id?: string | undefined
}

/** A notification as it stands in its user's log. */
export interface StoredNotification {
  /** Whose log it is in: the user's id. */
  userId: string
  notification: Notification
}

/** A way to bring stored notifications to their users. Level 3 has the socket, level 4 also web push and email. */
export interface DeliveryChannel {
  readonly name: string
  /**
   * What the channel wants kept with a notification (when it is due, for example), under `channels.<name>` of the stored
   * document. One insert stores both: no crash can come between them. Undefined: nothing.
   */
  plan?(notification: Omit<Notification, 'id' | 'seq'>): Record<string, unknown> | undefined
  /** Called on the instance that stored them, after they were stored. Must neither throw nor wait. */
  deliver(stored: readonly StoredNotification[]): void
}

/** Stores each in its user's log, then hands it to every channel. Throws when the database is away. */
export type Publish = (publications: readonly Publication[]) => Promise<StoredNotification[]>

/** The log and its armour: many requests in one insert, ends of logs remembered, each entry delivered once here. */
export function createPublish(
  Notification: Model<NotificationDoc>,
  channels: readonly DeliveryChannel[],
  processLog: Pick<Console, 'error'>,
): Publish {
  const isFirstTime = createFirstTime()
  const marks = createHighWaterMarks((userIds) => readEnds(Notification, userIds))
  const { append } = createLog({
    Notification,
    readEnds: marks.readEnds,
    onStored(documents) {
      marks.learn(documents)
      deliver(documents.filter((document) => isFirstTime(document) && !document.deletedAt).map(toStored))
    },
  })
  const appendTogether = createGroupCommit(append)

  function deliver(stored: StoredNotification[]): void {
    for (const channel of channels) {
      try {
        channel.deliver(stored)
      } catch (error) {
        processLog.error(`channel ${channel.name}: ${error}`) // one channel's fault is not the others'
      }
    }
  }

  return async (publications) => {
    const documents = await appendTogether(publications.map((publication) => toEntry(publication, channels)))
    return documents.map(toStored)
  }
}

function toEntry({ id, userId, ...content }: Publication, channels: readonly DeliveryChannel[]): Entry {
  const createdAt = new Date()
  const plans = channels.flatMap((channel) => {
    const plan = channel.plan?.({ ...content, createdAt: createdAt.toISOString() })
    return plan ? [[channel.name, plan] as const] : []
  })
  return {
    _id: new Types.ObjectId(id),
    userId: new Types.ObjectId(userId),
    ...content,
    createdAt,
    ...(plans.length > 0 && { channels: Object.fromEntries(plans) }),
  }
}

function toStored(document: NotificationDoc): StoredNotification {
  return { userId: document.userId.toHexString(), notification: toNotification(document) }
}

/** Of how many users the end of the log, and of how many entries the sending, is remembered. */
const REMEMBERED = 100_000

/**
 * Remembers each log's high-water mark (its last number), so that an append need not ask for it. Another instance may
 * have written since: then the insert is refused, and the log asks for a certain answer.
 */
function createHighWaterMarks(read: (userIds: string[]) => ReturnType<ReadEnds>) {
  const marks = new QuickLRU<string, number>({ maxSize: REMEMBERED })

  const readEnds: ReadEnds = async (userIds, certain) => {
    const ends = new Map<string, number>()
    const unknown = new Set<string>()
    for (const user of userIds) {
      const mark = certain ? undefined : marks.get(user)
      if (mark === undefined) unknown.add(user)
      else ends.set(user, mark)
    }
    for (const [user, end] of await read([...unknown])) ends.set(user, end)
    return ends
  }

  return {
    readEnds,
    learn(stored: readonly NotificationDoc[]): void {
      for (const { userId, seq } of stored) {
        const user = userId.toHexString()
        marks.set(user, Math.max(marks.get(user) ?? 0, seq))
      }
    },
  }
}

/** Whether this entry is here for the first time: a repeated request must not be sent to the page again. */
function createFirstTime(): (entry: NotificationDoc) => boolean {
  const before = new QuickLRU<string, true>({ maxSize: REMEMBERED })
  return ({ _id }) => {
    const id = _id.toHexString()
    if (before.has(id)) return false
    before.set(id, true)
    return true
  }
}
