import { isDuplicateKey, type Models } from '@levels/3-jwt-notifications/src/doors.ts'
import { Types } from 'mongoose'
import type { BrowserSubscription } from './keys.ts'
import { idOfEndpoint, type SubscriptionDoc, type SubscriptionModel } from './model.ts'

/** How many browsers of one user get push. */
export const MAX_PER_USER = 10

export interface Owner {
  userId: string
  /** The device session. */
  sid: string
}

export type Subscriptions = ReturnType<typeof createSubscriptions>

/**
 * The browsers to wake up. A subscription lives as long as the device session that saved it: signing out, being
 * signed out and 30 days of absence all end it, without anybody having to remember to.
 */
export function createSubscriptions({ Session }: Pick<Models, 'Session'>, Subscription: SubscriptionModel) {
  /**
   * Saves a browser's subscription. Saved again it is the same row, and belongs to whoever saved it last: the
   * browser has one user at a time. Beyond ten, the one that was not heard of for longest makes room: most likely
   * that browser is gone, and refusing would lock the user's newest device out.
   */
  async function save(
    { userId, sid }: Owner,
    browser: BrowserSubscription,
    service: string,
  ): Promise<SubscriptionDoc> {
    const now = new Date()
    const upsert = () =>
      Subscription.findByIdAndUpdate(
        idOfEndpoint(browser.endpoint),
        {
          $set: { ...browser, userId: new Types.ObjectId(userId), sessionId: sid, service, savedAt: now },
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
    const sids = [...new Set(found.map(({ sessionId }) => sessionId))]
    const alive = { _id: { $in: sids }, revokedAt: null, expiresAt: { $gt: new Date() } }
    const sessions = new Set((await Session.find(alive, { _id: 1 }).lean()).map(({ _id }) => _id))
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

  return { save, listFor, find, drop, remove }
}
