import { createHash, ECDH } from 'node:crypto'
import { isDuplicateKey } from '@levels/shared/server/mongo-errors.ts'
import { type Connection, Schema, Types } from 'mongoose'
import * as z from 'zod'
import { type BrowserSubscription, browserSubscription } from '../events.ts'
import type { EndpointCheck } from './endpoint.ts'

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
  /** The VAPID key that it was made for: signed with another one, nothing reaches it. */
  publicKey?: string
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
    publicKey: String,
    createdAt: { type: Date, required: true },
    savedAt: { type: Date, required: true },
  },
  { versionKey: false },
)
schema.index({ userId: 1, savedAt: -1 })

const idOfEndpoint = (endpoint: string) => createHash('sha256').update(endpoint).digest('base64url')

/** How many browsers of one user get push. */
const MAX_PER_USER = 10

export interface Owner {
  userId: string
  /** The device session. */
  sid: string
}

export interface SubscriptionParts {
  db: Connection
  serviceOf: EndpointCheck
  /** The VAPID key of this installation. */
  publicKey: string
  /** Those of these device sessions that are not over. */
  aliveSessions(sids: string[]): Promise<ReadonlySet<string>>
}

export type Subscriptions = Awaited<ReturnType<typeof createSubscriptions>>

/**
 * The browsers to wake up. A subscription lives as long as the device session that saved it (signing out, being signed
 * out and 30 days of absence all end it) and as long as the VAPID key that it was made for: resolves when the indexes
 * are built and the rows of earlier keys are gone.
 */
export async function createSubscriptions({ db, serviceOf, publicKey, aliveSessions }: SubscriptionParts) {
  const Subscription = db.model('PushSubscription', schema, 'pushsubscriptions')
  await Subscription.createIndexes()
  await Subscription.deleteMany({ publicKey: { $exists: true, $ne: publicKey } })

  /**
   * Saves a browser's subscription. Saved again it is the same row, and belongs to whoever saved it last: the
   * browser has one user at a time. Beyond ten, the one that was not heard of for longest makes room: most likely
   * that browser is gone, and refusing would lock the user's newest device out. Throws EndpointRefused.
   */
  async function save({ userId, sid }: Owner, browser: BrowserSubscription): Promise<SubscriptionDoc> {
    const service = serviceOf(browser.endpoint)
    const now = new Date()
    const owner = { userId: new Types.ObjectId(userId), sessionId: sid }
    const upsert = () =>
      Subscription.findByIdAndUpdate(
        idOfEndpoint(browser.endpoint),
        {
          $set: { ...browser, ...owner, service, publicKey, savedAt: now },
          $setOnInsert: { createdAt: now },
        },
        { upsert: true, returnDocument: 'after' },
      ).lean()
    // Two upserts of a new key at once: one may be refused as a duplicate (MongoDB manual, "Upsert with Unique
    // Index"). The second time the row is there.
    const saved = await upsert().catch((error: unknown) => {
      if (isDuplicateKey(error)) return upsert()
      throw error
    })
    await makeRoom(userId)
    return saved
  }

  async function makeRoom(userId: string): Promise<void> {
    const mine = await Subscription.find({ userId }).sort({ savedAt: -1, _id: 1 }).lean()
    if (mine.length <= MAX_PER_USER) return
    const alive = await keepAlive(mine)
    await drop(alive.slice(MAX_PER_USER))
  }

  /** Most recently saved first. */
  async function listFor(userIds: readonly (string | Types.ObjectId)[]): Promise<SubscriptionDoc[]> {
    const ids = userIds.map((id) => new Types.ObjectId(id))
    return keepAlive(
      await Subscription.find({ userId: { $in: ids } })
        .sort({ savedAt: -1, _id: 1 })
        .lean(),
    )
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
    if (subscriptions.length === 0) return
    const asRead = subscriptions.map(({ _id, savedAt }) => ({ _id, savedAt }))
    await Subscription.deleteMany({ $or: asRead })
  }

  /** Does nothing when the user has no such subscription (any more). */
  async function remove(userId: string, endpoint: string): Promise<void> {
    await Subscription.deleteOne({ _id: idOfEndpoint(endpoint), userId })
  }

  async function removeAll(userId: string): Promise<void> {
    await Subscription.deleteMany({ userId })
  }

  return { save, listFor, find, drop, remove, removeAll }
}

/** A browser's subscription whose keys can be used; `JSON.stringify(subscription)` gives one. */
export const subscribeBody = browserSubscription.extend({
  keys: z.object({
    p256dh: browserSubscription.shape.keys.shape.p256dh.refine(
      isPublicKey,
      'must be a public key: an uncompressed point of P-256',
    ),
    auth: browserSubscription.shape.keys.shape.auth.refine(
      (text) => Buffer.from(text, 'base64url').length === 16, // RFC 8291 section 3.2
      'must be 16 bytes',
    ),
  }),
})

/** A browser's public key: a point of P-256, uncompressed, so 65 bytes (RFC 8291 section 3.1). */
function isPublicKey(text: string): boolean {
  const point = Buffer.from(text, 'base64url')
  return point.length === 65 && point[0] === 4 && isOnCurve(point)
}

/** A point off the curve is no key, and deriving a secret with one could give ours away. */
function isOnCurve(point: Buffer): boolean {
  try {
    ECDH.convertKey(point, 'prime256v1', undefined, undefined, 'uncompressed')
    return true
  } catch {
    return false
  }
}
