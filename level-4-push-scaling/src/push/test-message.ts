import { HttpError } from '@levels/shared/server/respond.ts'
import { Types } from 'mongoose'
import type { Deliveries } from '../deliveries/index.ts'
import type { SubscriptionDoc } from './model.ts'

/** How soon a user may ask for another test message, in milliseconds. */
const PAUSE_MS = 1_000

/**
 * Sends a test message to these browsers, on the same way as any push: so it also shows that the queue works.
 * Returns its id, which the service worker shows it under. Throws HttpError 409 without a browser, 429 right after
 * the last one.
 */
export async function sendTestMessage(
  { model, wake }: Deliveries,
  userId: string,
  browsers: readonly SubscriptionDoc[],
): Promise<{ id: string }> {
  if (browsers.length === 0) {
    throw new HttpError(409, 'no_subscription', 'No browser of yours gets push yet: turn it on first.')
  }
  const now = new Date()
  const justNow = { $gt: new Date(now.getTime() - PAUSE_MS) }
  const ids = browsers.map(({ _id }) => _id)
  if (await model.exists({ target: { $in: ids }, test: true, createdAt: justNow })) {
    throw new HttpError(429, 'rate_limited', 'One test message a second is enough.')
  }
  const notificationId = new Types.ObjectId()
  await model.insertMany(
    browsers.map(({ _id, service }) => ({
      channel: 'push',
      notificationId,
      userId: new Types.ObjectId(userId),
      target: _id,
      lane: service,
      state: 'pending',
      attempts: 0,
      nextAttemptAt: now,
      createdAt: now,
      test: true,
    })),
  )
  wake()
  return { id: notificationId.toHexString() }
}
