import { type Connection, Schema, type Types } from 'mongoose'
import type { Notification } from './shapes.ts'

/** One entry of a user's log. A deleted one is a tombstone: its content is gone, its number stays taken. */
export interface NotificationDoc extends Omit<Notification, 'id' | 'createdAt' | 'readAt'> {
  _id: Types.ObjectId
  userId: Types.ObjectId
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

export type LogModels = ReturnType<typeof createLogModels>

export const createLogModels = (db: Connection) => ({
  Notification: db.model<NotificationDoc>('Notification', notificationSchema, 'notifications'),
})

/** The stored entry as it is sent. */
export function toNotification(doc: NotificationDoc): Notification {
  const { seq, type, title, message, actionUrl, metadata, from } = doc
  const id = doc._id.toHexString()
  const [createdAt, readAt] = [doc.createdAt.toISOString(), doc.readAt?.toISOString()]
  return { id, seq, type, title, message, actionUrl, metadata, from, createdAt, readAt }
}
