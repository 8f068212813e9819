import { createSettingModel } from '@levels/shared/server/settings.ts'
import { type Connection, Schema, type Types } from 'mongoose'
import type { Role } from './shapes.ts'

export type SessionModels = ReturnType<typeof createSessionModels>

/** The models of this chapter, bound to one connection. Their indexes MUST be built before the server listens. */
export function createSessionModels(db: Connection) {
  return {
    User: db.model<UserDoc>('User', userSchema, 'users'),
    Session: db.model<SessionDoc>('Session', sessionSchema, 'sessions'),
    Setting: createSettingModel(db),
  }
}

export interface UserDoc {
  _id: Types.ObjectId
  /** As its owner wrote it, after NFKC. */
  username: string
  /** What makes it unique: see nameKey in shared/server/names.ts. */
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
  /** SHA-256 of the one before, for whoever lost the race to refresh or the answer. */
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
