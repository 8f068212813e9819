import { hash } from 'node:crypto'
import { type Connection, type Model, Schema, Types } from 'mongoose'
import * as z from 'zod'
import { HttpError } from './http-error.ts'
import { isDuplicateKey } from './mongo-errors.ts'
import { requiredText, requiredTime } from './stored.ts'

/** A request that its sender may repeat without doing it twice. */
interface IdempotencyKeyDoc {
  /** `<sender's id>:<key>`: keys are per sender. */
  _id: string
  /** SHA-256 of the request, so that the same key on another request is noticed. */
  fingerprint: string
  /** The id that what it makes gets, whoever stores it in the end. */
  notificationId: string
  createdAt: Date
}

/** The header that carries a key, for routes. */
export const idempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('The same key within a day gives the same notification, once'),
})

/** How long an idempotency key is remembered, in seconds. */
const KEY_LIFETIME_S = 86_400

const idempotencyKeySchema = new Schema<IdempotencyKeyDoc>(
  {
    _id: String,
    fingerprint: requiredText,
    notificationId: requiredText,
    createdAt: requiredTime,
  },
  { versionKey: false },
)
idempotencyKeySchema.index({ createdAt: 1 }, { expireAfterSeconds: KEY_LIFETIME_S })

export const createIdempotencyModel = (db: Connection) =>
  db.model<IdempotencyKeyDoc>('IdempotencyKey', idempotencyKeySchema, 'idempotencykeys')

type Reservation = Pick<IdempotencyKeyDoc, 'notificationId' | 'createdAt'>

export interface IdempotencyKeys {
  /**
   * What belongs to this sender's `key`, the same every time within a day, on every instance: the id of what it makes, and
   * when it was first asked for.
   * Throws HttpError 422 when the key was used for a different request (draft-ietf-httpapi-idempotency-key-header).
   */
  reserve(senderId: string, key: string, request: unknown): Promise<Reservation>
  /** Deletes all of a user that is gone. */
  forgetUser(userId: string): Promise<void>
}

/**
 * A sender that got no answer cannot know whether its request was done, and must be free to ask again. The key
 * is stored with an id *before* the work and the work uses that id: a repeat, even after a crash half way, even at
 * the same moment elsewhere, does the rest of the same work and no more.
 */
export function createIdempotencyKeys(IdempotencyKey: Model<IdempotencyKeyDoc>): IdempotencyKeys {
  const { db, collection } = IdempotencyKey
  const documents = db.collection<IdempotencyKeyDoc>(collection.name)
  return {
    async reserve(senderId, key, request) {
      const _id = `${senderId}:${key}`
      const fingerprint = hash('sha256', JSON.stringify(request), 'base64url')
      const reserved = await reserveOrFind(_id, fingerprint)
      if (reserved.fingerprint === fingerprint) return reserved
      throw new HttpError(422, 'idempotency_key_reused', 'This Idempotency-Key was used for another request.')
    },
    async forgetUser(userId) {
      await IdempotencyKey.deleteMany({ _id: { $regex: `^${userId}:` } })
    },
  }

  async function reserveOrFind(_id: string, fingerprint: string): Promise<Omit<IdempotencyKeyDoc, '_id'>> {
    const createdAt = new Date()
    const reservation = { fingerprint, notificationId: new Types.ObjectId().toHexString(), createdAt }
    try {
      // Nearly every key is new: one write, with the driver's own method, ahead of what it is for.
      await documents.insertOne({ _id, ...reservation })
      return reservation
    } catch (error) {
      if (!isDuplicateKey(error)) throw error
      // MongoDB sweeps expired documents once a minute: what it has not swept yet is expired all the same.
      const expired = new Date(createdAt.getTime() - KEY_LIFETIME_S * 1000)
      await IdempotencyKey.deleteOne({ _id, createdAt: { $lte: expired } })
      return (await IdempotencyKey.findById(_id).lean()) ?? reserveOrFind(_id, fingerprint)
    }
  }
}
