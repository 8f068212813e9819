import { type Connection, Schema, type Types } from 'mongoose'
import type { Notification, NotificationType } from './shapes.ts'

/** One entry of a user's log. A deleted one is a tombstone: its content is gone, its number stays taken. */
export interface NotificationDoc {
  _id: Types.ObjectId
  userId: Types.ObjectId
  seq: number
  type: NotificationType
  title: string
  message: string
  actionUrl?: string | undefined
  metadata?: Record<string, unknown> | undefined
  from?: string
  createdAt: Date
  readAt?: Date
  deletedAt?: Date
  /** What each delivery channel keeps with it, by the channel's name. */
  channels?: Record<string, Record<string, unknown>>
}

const notificationSchema = new Schema<NotificationDoc>(
  {
    userId: { type: Schema.Types.ObjectId, required: true },
    seq: { type: Number, required: true },
    type: String,
    title: String,
    message: String,
    actionUrl: String,
    metadata: Schema.Types.Mixed,
    from: String,
    createdAt: Date,
    readAt: Date,
    deletedAt: Date,
    channels: Schema.Types.Mixed,
  },
  { versionKey: false, minimize: false },
)
// The rule of the whole level: in one user's log a number is taken once. Also serves every read along the log.
notificationSchema.index({ userId: 1, seq: -1 }, { unique: true })
// The unread count and the unread list.
notificationSchema.index({ userId: 1, readAt: 1, seq: -1 })
// The list of one type.
notificationSchema.index({ userId: 1, type: 1, seq: -1 })

/** A request that its sender may repeat without doing it twice. */
export interface IdempotencyKeyDoc {
  /** `<sender's id>:<key>`: keys are per sender. */
  _id: string
  /** SHA-256 of the request, so that the same key on another request is noticed. */
  fingerprint: string
  /** The id its notification gets, whoever stores it in the end. */
  notificationId: string
  createdAt: Date
}

/** How long an idempotency key is remembered, in seconds. */
export const KEY_LIFETIME_S = 86_400

const idempotencyKeySchema = new Schema<IdempotencyKeyDoc>(
  {
    _id: String,
    fingerprint: { type: String, required: true },
    notificationId: { type: String, required: true },
    createdAt: { type: Date, required: true },
  },
  { versionKey: false },
)
idempotencyKeySchema.index({ createdAt: 1 }, { expireAfterSeconds: KEY_LIFETIME_S })

export type LogModels = ReturnType<typeof createLogModels>

export const createLogModels = (db: Connection) => ({
  Notification: db.model<NotificationDoc>('Notification', notificationSchema, 'notifications'),
  IdempotencyKey: db.model<IdempotencyKeyDoc>('IdempotencyKey', idempotencyKeySchema, 'idempotencykeys'),
})

/** The stored entry as it is sent. */
export function toNotification(doc: NotificationDoc): Notification {
  const { type, title, message, actionUrl, metadata, from } = doc
  return {
    id: doc._id.toHexString(),
    seq: doc.seq,
    type,
    title,
    message,
    ...(actionUrl !== undefined && { actionUrl }),
    ...(metadata !== undefined && { metadata }),
    ...(from !== undefined && { from }),
    createdAt: doc.createdAt.toISOString(),
    ...(doc.readAt && { readAt: doc.readAt.toISOString() }),
  }
}
