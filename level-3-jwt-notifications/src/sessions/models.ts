import { createSettingModel } from '@levels/shared/server/settings.ts'
import { requiredId, requiredText, requiredTime } from '@levels/shared/server/stored.ts'
import { type Connection, type InferSchemaType, Schema, type Types } from 'mongoose'
import { role } from './shapes.ts'

const userSchema = new Schema(
  {
    /** As its owner wrote it, after NFKC. */
    username: requiredText,
    /** What makes it unique: see nameKey in shared/server/names.ts. */
    usernameKey: requiredText,
    passwordHash: requiredText,
    role: { ...requiredText, enum: role.options },
    email: String,
    /** Every notification up to this `seq` was on one of the user's screens. */
    deliveredUpTo: { type: Number, default: 0 },
    createdAt: requiredTime,
  },
  { versionKey: false },
)
userSchema.index({ usernameKey: 1 }, { unique: true })
userSchema.index({ createdAt: 1 })
export type UserDoc = InferSchemaType<typeof userSchema> & { _id: Types.ObjectId }

/** One signed-in device: a browser's cookie jar, or a program. */
const sessionSchema = new Schema(
  {
    /** The `sid` claim of its access tokens. */
    _id: requiredText,
    userId: requiredId,
    /** SHA-256 of the refresh token that is good now. The token itself is nowhere on the server. */
    tokenHash: requiredText,
    /** SHA-256 of the one before, for whoever lost the race to refresh or the answer. */
    previousTokenHash: String,
    rotatedAt: requiredTime,
    userAgent: { type: String, default: '' },
    ip: { type: String, default: '' },
    createdAt: requiredTime,
    lastUsedAt: requiredTime,
    expiresAt: requiredTime,
    /** Set when it was ended. The document stays until it would have expired, so that its tokens are known as dead. */
    revokedAt: Date,
  },
  { versionKey: false },
)
// A user's devices, and whether one of them looked like this one before.
sessionSchema.index({ userId: 1, lastUsedAt: -1 })
sessionSchema.index({ userId: 1, userAgent: 1, ip: 1 })
sessionSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 })
export type SessionDoc = InferSchemaType<typeof sessionSchema>

export type SessionModels = ReturnType<typeof createSessionModels>

/** The models of this chapter, bound to one connection. Their indexes MUST be built before the server listens. */
export const createSessionModels = (db: Connection) => ({
  User: db.model<UserDoc>('User', userSchema, 'users'),
  Session: db.model<SessionDoc>('Session', sessionSchema, 'sessions'),
  Setting: createSettingModel(db),
})
