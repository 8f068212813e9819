import { type Connection, type Model, Schema, type Types } from 'mongoose'

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

const schema = new Schema<SessionDoc>(
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
schema.index({ userId: 1, lastUsedAt: -1 })
schema.index({ userId: 1, userAgent: 1, ip: 1 })
schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 })

export const sessionModel = (db: Connection): Model<SessionDoc> =>
  db.model<SessionDoc>('Session', schema, 'sessions')
