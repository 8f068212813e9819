import { hash } from 'node:crypto'
import { upserted } from '@levels/shared/server/mongo-errors.ts'
import { requiredId, requiredText, requiredTime } from '@levels/shared/server/stored.ts'
import { type Connection, type InferSchemaType, Schema, Types } from 'mongoose'
import webPush from 'web-push'
import { type BrowserSubscription, browserSubscription } from '../events.ts'
import type { EndpointCheck } from './endpoint.ts'

/** A browser that may be woken up. */
const schema = new Schema(
  {
    /** A hash of the endpoint: one endpoint is one row, whoever saves it and however often. */
    _id: requiredText,
    /** Secret in itself: whoever knows it and the VAPID key may wake the browser up. */
    endpoint: requiredText,
    keys: { p256dh: requiredText, auth: requiredText },
    userId: requiredId,
    /** The device session that saved it. Push ends with it: nobody wants news on a computer they signed out of. */
    sessionId: requiredText,
    /** The push service, as the endpoint check names it: `push.apple.com`, or `localhost:8443`. */
    service: requiredText,
    /** The VAPID key that it was made for: signed with another one, nothing reaches it. */
    publicKey: String,
    createdAt: requiredTime,
    savedAt: requiredTime,
  },
  { versionKey: false },
)
schema.index({ userId: 1, savedAt: -1 })
export type SubscriptionDoc = InferSchemaType<typeof schema> & Pick<BrowserSubscription, 'keys'>

const idOfEndpoint = (endpoint: string) => hash('sha256', endpoint, 'base64url')
/** How many browsers of one user get push. */
const MAX_PER_USER = 10

export interface SubscriptionParts {
  db: Connection
  serviceOf: EndpointCheck
  publicKey: string
  /** Those of these device sessions that are not over. */
  aliveSessions(sids: string[]): Promise<ReadonlySet<string>>
}

export type Subscriptions = Awaited<ReturnType<typeof createSubscriptions>>

/**
 * The browsers to wake up. A subscription lives as long as the device session that saved it, and as long as the VAPID key
 * that it was made for: resolves when the rows of earlier keys are gone.
 */
export async function createSubscriptions({ db, serviceOf, publicKey, aliveSessions }: SubscriptionParts) {
  const Subscription = db.model<SubscriptionDoc>('PushSubscription', schema, 'pushsubscriptions')
  await Subscription.createIndexes()
  await Subscription.deleteMany({ publicKey: { $exists: true, $ne: publicKey } })

  /**
   * Saves a browser's subscription. Saved again it is the same row, and belongs to the user who saved it last. Of more than
   * ten, the one saved longest ago is removed: a refusal would leave the newest device without push. Throws Refused.
   */
  async function save(owner: { userId: string; sid: string }, browser: BrowserSubscription) {
    const service = serviceOf(browser.endpoint)
    const now = new Date()
    const userId = new Types.ObjectId(owner.userId)
    const set = { ...browser, userId, sessionId: owner.sid, service, publicKey, savedAt: now }
    const change = { $set: set, $setOnInsert: { createdAt: now } }
    const options = { upsert: true, returnDocument: 'after' } as const
    const saved = await upserted(() =>
      Subscription.findByIdAndUpdate(idOfEndpoint(browser.endpoint), change, options).lean(),
    )
    const others = await Subscription.countDocuments({ userId })
    if (others > MAX_PER_USER) await drop((await listFor([userId])).slice(MAX_PER_USER))
    return saved
  }

  /** Most recently saved first. */
  async function listFor(userIds: readonly (string | Types.ObjectId)[]): Promise<SubscriptionDoc[]> {
    const ofThem = { userId: { $in: userIds.map((id) => new Types.ObjectId(id)) } }
    return keepAlive(await Subscription.find(ofThem).sort({ savedAt: -1, _id: 1 }).lean())
  }

  async function find(ids: readonly string[]): Promise<SubscriptionDoc[]> {
    return keepAlive(await Subscription.find({ _id: { $in: ids } }).lean())
  }

  /** Those whose session is not over; the others are removed. */
  async function keepAlive(found: SubscriptionDoc[]): Promise<SubscriptionDoc[]> {
    if (found.length === 0) return found
    const sessions = await aliveSessions([...new Set(found.map(({ sessionId }) => sessionId))])
    await drop(found.filter(({ sessionId }) => !sessions.has(sessionId)))
    return found.filter(({ sessionId }) => sessions.has(sessionId))
  }

  /** Removes these as they were read: one that was saved anew since then stays. */
  async function drop(subscriptions: readonly SubscriptionDoc[]): Promise<void> {
    const asRead = subscriptions.map(({ _id, savedAt }) => ({ _id, savedAt }))
    if (asRead.length > 0) await Subscription.deleteMany({ $or: asRead })
  }

  return {
    save,
    listFor,
    find,
    drop,
    /** Does nothing when the user has no such subscription (any more). */
    remove: async (userId: string, endpoint: string) =>
      void (await Subscription.deleteOne({ _id: idOfEndpoint(endpoint), userId })),
    removeAll: async (userId: string) => void (await Subscription.deleteMany({ userId })),
  }
}

/** A browser's subscription whose keys can be used. Encrypting for a point off the curve could give our own secret away. */
export const subscribeBody = browserSubscription.refine(({ keys }) => canEncryptFor(keys), {
  path: ['keys'],
  error: 'must be a public key of P-256 (an uncompressed point) and a secret of 16 bytes',
})

function canEncryptFor({ p256dh, auth }: BrowserSubscription['keys']): boolean {
  try {
    webPush.encrypt(p256dh, auth, '', 'aes128gcm')
    return true
  } catch {
    return false
  }
}
