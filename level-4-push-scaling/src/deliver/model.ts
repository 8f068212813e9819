import { requiredId, requiredText, requiredTime } from '@levels/shared/server/stored.ts'
import { type Connection, type InferSchemaType, type Model, Schema, type Types } from 'mongoose'
import { deliveryState } from '../events.ts'

/** How long they are kept, in seconds: long enough to look into a complaint. */
const KEPT_S = 30 * 86_400

/** One notification on its way to one place. */
const schema = new Schema(
  {
    channel: requiredText,
    notificationId: requiredId,
    userId: requiredId,
    /** The place, by the channel's own name for it. */
    target: requiredText,
    /** Who carries it. */
    service: requiredText,
    state: { ...requiredText, enum: deliveryState.options },
    attempts: { type: Number, required: true },
    /** When to try next; while it is being tried, when its lease ends; absent when all is done. */
    nextAttemptAt: Date,
    /** The lease's token: who is trying it. */
    claimedBy: String,
    lastError: String,
    createdAt: requiredTime,
    /** The hour it was made in, for the numbers. */
    hour: Date,
    finishedAt: Date,
    /** A test message: goes out whatever the user has seen. */
    test: Boolean,
  },
  { versionKey: false },
)
// The rule of the whole queue: one notification goes to one place once, however many instances decide so.
schema.index({ notificationId: 1, channel: 1, target: 1 }, { unique: true })
// What is due. Finished deliveries are not in it, so it stays as small as the work that is left.
const open = { partialFilterExpression: { nextAttemptAt: { $exists: true } } }
schema.index({ nextAttemptAt: 1, service: 1 }, open)
// The admins' list, newest first, and the last one to a place.
schema.index({ state: 1, _id: -1 })
schema.index({ target: 1, _id: -1 })
schema.index({ createdAt: 1 }, { expireAfterSeconds: KEPT_S })
export type DeliveryDoc = InferSchemaType<typeof schema> & { _id: Types.ObjectId }

export const deliveryModel = (db: Connection): Model<DeliveryDoc> =>
  db.model<DeliveryDoc>('Delivery', schema, 'deliveries')

/** A delivery that nobody has attempted yet. */
export function newDelivery(
  place: Pick<DeliveryDoc, 'channel' | 'notificationId' | 'userId' | 'target' | 'service' | 'test'>,
  now: Date,
): Omit<DeliveryDoc, '_id'> {
  const hour = new Date(now)
  hour.setUTCMinutes(0, 0, 0)
  return { ...place, state: 'pending', attempts: 0, nextAttemptAt: now, createdAt: now, hour }
}
