import { type Connection, type Model, Schema, type Types } from 'mongoose'
import type { Notification, NotificationType, Role } from './events.ts'

export type Models = ReturnType<typeof createModels>

/** The models, bound to one connection: two servers in one process do not meet in mongoose's global one. */
export function createModels(db: Connection) {
  return {
    User: db.model<UserDoc>('User', userSchema, 'users'),
    Session: db.model<SessionDoc>('Session', sessionSchema, 'sessions'),
    Notification: db.model<NotificationDoc>('Notification', notificationSchema, 'notifications'),
    IdempotencyKey: db.model<IdempotencyKeyDoc>('IdempotencyKey', idempotencyKeySchema, 'idempotencykeys'),
    Room: db.model<RoomDoc>('Room', roomSchema, 'rooms'),
    Membership: db.model<MembershipDoc>('Membership', membershipSchema, 'memberships'),
    RoomMessage: db.model<RoomMessageDoc>('RoomMessage', roomMessageSchema, 'roommessages'),
    Setting: db.model<SettingDoc>('Setting', settingSchema, 'settings'),
  }
}

/** Builds every index and waits for it: before that, "unique" is a wish, and two equal inserts both succeed. */
export async function buildIndexes(models: Models): Promise<void> {
  await Promise.all(Object.values(models).map((model) => model.createIndexes()))
}

export interface UserDoc {
  _id: Types.ObjectId
  /** As its owner wrote it, after NFKC. */
  username: string
  /** What makes it unique: case and compatibility forms folded. */
  usernameKey: string
  passwordHash: string
  role: Role
  email?: string
  /** Every notification up to this `seq` was on one of the user's screens. */
  deliveredUpTo: number
  createdAt: Date
}

const userSchema = new Schema<UserDoc>(
  {
    username: { type: String, required: true },
    usernameKey: { type: String, required: true },
    passwordHash: { type: String, required: true },
    role: { type: String, enum: ['user', 'admin'], required: true },
    email: String,
    deliveredUpTo: { type: Number, default: 0 },
    createdAt: { type: Date, required: true },
  },
  { versionKey: false },
)
userSchema.index({ usernameKey: 1 }, { unique: true })
userSchema.index({ createdAt: 1 })

/** One signed-in device: a browser's cookie jar, or a program. */
export interface SessionDoc {
  /** The `sid` claim of its access tokens. */
  _id: string
  userId: Types.ObjectId
  /** SHA-256 of the refresh token that is good now. The token itself is nowhere on the server. */
  tokenHash: string
  /** SHA-256 of the one before, for a tab that lost the race to refresh. */
  previousTokenHash?: string
  rotatedAt: Date
  userAgent: string
  ip: string
  createdAt: Date
  lastUsedAt: Date
  expiresAt: Date
  /** Set when it was ended. The document stays until it would have expired, so that its tokens are known as dead. */
  revokedAt?: Date
}

const sessionSchema = new Schema<SessionDoc>(
  {
    _id: String,
    userId: { type: Schema.Types.ObjectId, required: true },
    tokenHash: { type: String, required: true },
    previousTokenHash: String,
    rotatedAt: { type: Date, required: true },
    userAgent: { type: String, default: '' },
    ip: { type: String, default: '' },
    createdAt: { type: Date, required: true },
    lastUsedAt: { type: Date, required: true },
    expiresAt: { type: Date, required: true },
    revokedAt: Date,
  },
  { versionKey: false },
)
// A user's devices, and whether one of them looked like this one before.
sessionSchema.index({ userId: 1, lastUsedAt: -1 })
sessionSchema.index({ userId: 1, userAgent: 1, ip: 1 })
sessionSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 })

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

/** Something made once and shared by every instance on this database. */
export interface SettingDoc {
  _id: string
  value: string
}

const settingSchema = new Schema<SettingDoc>(
  { _id: String, value: { type: String, required: true } },
  { versionKey: false },
)

/**
 * The setting `name`, made by `make` when the database has none. Instances that start at the same moment agree: the
 * first to write wins, the others take what it wrote.
 */
export async function readOrMakeSetting(
  settings: Model<SettingDoc>,
  name: string,
  make: () => string,
): Promise<string> {
  const existing = await settings.findById(name).lean()
  if (existing) return existing.value
  await settings
    .updateOne({ _id: name }, { $setOnInsert: { value: make() } }, { upsert: true })
    .catch(ignoreRace)
  const made = await settings.findById(name).lean()
  if (!made) throw new Error(`The setting ${name} could not be stored.`)
  return made.value
}

/** Two upserts of one key at once: one of them may be refused as a duplicate, and that is as good as done. */
function ignoreRace(error: unknown): void {
  if (!isDuplicateKey(error)) throw error
}

/** MongoDB's error for a second document with a unique key (E11000). */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 11_000
}
