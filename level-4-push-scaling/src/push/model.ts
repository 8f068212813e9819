import { createHash } from 'node:crypto'
import { type Connection, Schema, type Types } from 'mongoose'

/** A browser that may be woken up. */
export interface SubscriptionDoc {
  /** A hash of the endpoint: one endpoint is one row, whoever saves it and however often. */
  _id: string
  /** Secret in itself: whoever knows it and the VAPID key may wake the browser up. */
  endpoint: string
  keys: { p256dh: string; auth: string }
  userId: Types.ObjectId
  /** The device session that saved it. Push ends with it: nobody wants news on a computer they signed out of. */
  sessionId: string
  /** The push service, as the endpoint check names it: `push.apple.com`, or `localhost:8443`. */
  service: string
  createdAt: Date
  savedAt: Date
}

const schema = new Schema<SubscriptionDoc>(
  {
    _id: String,
    endpoint: { type: String, required: true },
    keys: { p256dh: { type: String, required: true }, auth: { type: String, required: true } },
    userId: { type: Schema.Types.ObjectId, required: true },
    sessionId: { type: String, required: true },
    service: { type: String, required: true },
    createdAt: { type: Date, required: true },
    savedAt: { type: Date, required: true },
  },
  { versionKey: false },
)
schema.index({ userId: 1, savedAt: -1 })

export const subscriptionModel = (db: Connection) => db.model('PushSubscription', schema, 'pushsubscriptions')
export type SubscriptionModel = ReturnType<typeof subscriptionModel>

export const idOfEndpoint = (endpoint: string) => createHash('sha256').update(endpoint).digest('base64url')
