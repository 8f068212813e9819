import type { Log as ProcessLog } from '@levels/shared/server/log.ts'
import { Types } from 'mongoose'
import type { DeliveryChannel, StoredNotification } from '../channel.ts'
import type { NotificationType } from '../events.ts'
import { type Models, type NotificationDoc, toNotification } from '../models.ts'
import { createLog, type Unnumbered } from './log.ts'

/** A notification for one user, before it is stored. */
export interface Publication {
  userId: string
  type: NotificationType
  title: string
  message: string
  actionUrl?: string
  metadata?: Record<string, unknown>
  /** The sender's username; absent when the system sends it. */
  from?: string
  /** An id chosen ahead. Publishing one id again stores nothing: what is stored comes back. */
  id?: string
}

/**
 * Stores each in its user's log, then hands it to every channel; resolves when they are stored. Throws when the
 * database is away.
 */
export type Publish = (publications: readonly Publication[]) => Promise<StoredNotification[]>

/** Publishing over `channels`. */
export function createPublish(
  models: Models,
  channels: readonly DeliveryChannel[],
  processLog: ProcessLog,
): Publish {
  const log = createLog(models, (documents) => {
    const stored = documents.map(toStored)
    for (const channel of channels) {
      try {
        channel.deliver(stored)
      } catch (error) {
        processLog.error(`channel ${channel.name}: ${error}`) // one channel's fault is not the others'
      }
    }
  })

  return async (publications) => {
    const documents = await log.append(publications.map((publication) => toDocument(publication, channels)))
    return documents.map(toStored)
  }
}

function toDocument(
  { id, userId, ...content }: Publication,
  channels: readonly DeliveryChannel[],
): Unnumbered {
  const createdAt = new Date()
  const plans = channels.flatMap((channel) => {
    const plan = channel.plan?.({ ...content, createdAt: createdAt.toISOString() })
    return plan ? [[channel.name, plan] as const] : []
  })
  return {
    _id: new Types.ObjectId(id),
    userId: new Types.ObjectId(userId),
    ...withoutUndefined(content),
    createdAt,
    ...(plans.length > 0 && { channels: Object.fromEntries(plans) }),
  }
}

/** The driver would store an absent field as null, which reads as present. */
function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T
}

function toStored(document: NotificationDoc): StoredNotification {
  return { userId: document.userId.toHexString(), notification: toNotification(document) }
}
