import { type Connection, Schema, type Types } from 'mongoose'
import type { Notification, NotificationType } from './events.ts'
import { createSessionModels } from './sessions/models.ts'

export { isDuplicateKey } from '@levels/shared/server/mongo-errors.ts'
export { readOrMakeSetting } from './sessions/models.ts'

export type Models = ReturnType<typeof createModels>

/** The models, bound to one connection: two servers in one process do not meet in mongoose's global one. */
export function createModels(db: Connection) {
  return {
    ...createSessionModels(db),
    Notification: db.model<NotificationDoc>('Notification', notificationSchema, 'notifications'),
    IdempotencyKey: db.model<IdempotencyKeyDoc>('IdempotencyKey', idempotencyKeySchema, 'idempotencykeys'),
    Room: db.model<RoomDoc>('Room', roomSchema, 'rooms'),
    Membership: db.model<MembershipDoc>('Membership', membershipSchema, 'memberships'),
    RoomMessage: db.model<RoomMessageDoc>('RoomMessage', roomMessageSchema, 'roommessages'),
  }
}

/** Builds every index and waits for it: before that, "unique" is a wish, and two equal inserts both succeed. */
export async function buildIndexes(models: Models): Promise<void> {
  await Promise.all(Object.values(models).map((model) => model.createIndexes()))
}

/** One entry of a user's log. A deleted one is a tombstone: its content is gone, its number stays taken. */
export interface NotificationDoc {
  _id: Types.ObjectId
  userId: Types.ObjectId
  seq: number
  type: NotificationType
  title: string
  message: string
  actionUrl?: string
  metadata?: Record<string, unknown>
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

/** The stored entry as it crosses the wire. */
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

/** How long a key is remembered, in seconds. */
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

export interface RoomDoc {
  /** The slug. */
  _id: string
  name: string
  createdAt: Date
}

/** One user in one room. A list inside the room would grow without bound, and every join would rewrite it. */
export interface MembershipDoc {
  _id: Types.ObjectId
  room: string
  userId: Types.ObjectId
}

export interface RoomMessageDoc {
  _id: Types.ObjectId
  room: string
  from: string
  text: string
  at: Date
}

const roomSchema = new Schema<RoomDoc>(
  {
    _id: String,
    name: { type: String, required: true },
    createdAt: { type: Date, required: true },
  },
  { versionKey: false },
)

const membershipSchema = new Schema<MembershipDoc>(
  { room: { type: String, required: true }, userId: { type: Schema.Types.ObjectId, required: true } },
  { versionKey: false },
)
membershipSchema.index({ room: 1, userId: 1 }, { unique: true })
membershipSchema.index({ userId: 1 })

const roomMessageSchema = new Schema<RoomMessageDoc>(
  {
    room: { type: String, required: true },
    from: { type: String, required: true },
    text: { type: String, required: true },
    at: { type: Date, required: true },
  },
  { versionKey: false },
)
roomMessageSchema.index({ room: 1, _id: -1 })
