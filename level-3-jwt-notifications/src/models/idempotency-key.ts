import { type Connection, type Model, Schema } from 'mongoose'

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

const schema = new Schema<IdempotencyKeyDoc>(
  {
    _id: String,
    fingerprint: { type: String, required: true },
    notificationId: { type: String, required: true },
    createdAt: { type: Date, required: true },
  },
  { versionKey: false },
)
schema.index({ createdAt: 1 }, { expireAfterSeconds: KEY_LIFETIME_S })

export const idempotencyKeyModel = (db: Connection): Model<IdempotencyKeyDoc> =>
  db.model<IdempotencyKeyDoc>('IdempotencyKey', schema, 'idempotencykeys')
