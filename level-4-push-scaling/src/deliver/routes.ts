import type { DefineRoute } from '@levels/shared/server/api/route.ts'
import { objectId, pageLimit } from '@levels/shared/server/api/untrusted.ts'
import { HttpError } from '@levels/shared/server/respond.ts'
import type { Types } from 'mongoose'
import * as z from 'zod'
import { type Delivery, delivery, deliveryPage, deliveryState, deliveryStats, openStates } from '../events.ts'
import type { Deliveries } from './index.ts'
import type { DeliveryDoc } from './model.ts'
import { readStats } from './stats.ts'

const listQuery = z.strictObject({
  state: deliveryState.optional(),
  before: objectId.optional(),
  limit: pageLimit(20),
})

/** `/api/admin/deliveries`: what is on its way, what is stuck and why. */
export function defineDeliveryRoutes(
  route: DefineRoute,
  { model, wake }: Pick<Deliveries, 'model' | 'wake'>,
  users: (ids: Types.ObjectId[]) => Promise<ReadonlyMap<string, { username: string }>>,
): void {
  const path = '/api/admin/deliveries'

  route(`GET ${path}`, {
    summary: 'What is on its way to people who are not looking, newest first',
    access: 'admin',
    query: listQuery,
    answer: deliveryPage,
    async handle({ query: { state, before, limit } }) {
      const filter = { ...(state && { state }), ...(before && { _id: { $lt: before } }) }
      const newestFirst = { sort: { _id: -1 }, limit: limit + 1 } as const
      const [found, counts] = await Promise.all([
        model.find(filter, {}, newestFirst).lean(),
        Promise.all(openStates.map((state) => model.countDocuments({ state }))),
      ])
      const items = await withUsernames(found.slice(0, limit))
      return {
        items,
        counts: Object.fromEntries(openStates.map((state, index) => [state, counts[index]])),
        nextBefore: found.length > limit ? (items.at(-1)?.id ?? null) : null,
      }
    },
  })

  route(`GET ${path}/stats`, {
    summary: 'The last day in numbers: sent, failed and pending by hour and channel, and how long it took',
    access: 'admin',
    answer: deliveryStats,
    handle: () => readStats(model),
  })

  route(`POST ${path}/:id/retry`, {
    summary: 'Try a failed delivery again, or one that waits for its next attempt, now',
    access: 'admin',
    params: z.strictObject({ id: objectId }),
    status: 202,
    answer: delivery,
    async handle({ params: { id } }) {
      // Not one that is being attempted at this moment: it would go out twice.
      const retryable = { _id: id, state: { $in: ['failed' as const, 'retrying' as const] }, claimedBy: null }
      const anew = { state: 'pending' as const, attempts: 0, nextAttemptAt: new Date() }
      const change = { $set: anew, $unset: { finishedAt: 1 as const } }
      const again = await model.findOneAndUpdate(retryable, change, { returnDocument: 'after' }).lean()
      if (!again) throw await whyNot(id)
      wake()
      const [item] = await withUsernames([again])
      return item
    },
  })

  async function whyNot(id: string): Promise<HttpError> {
    const found = await model.findById(id, { state: 1 }).lean()
    if (!found) return new HttpError(404, 'not_found', 'There is no such delivery.')
    return new HttpError(409, 'not_retryable', `It is ${found.state}: there is nothing to try again.`)
  }

  async function withUsernames(deliveries: DeliveryDoc[]): Promise<Delivery[]> {
    const found = await users(deliveries.map(({ userId }) => userId))
    return deliveries.map((doc) => ({
      id: String(doc._id),
      channel: doc.channel,
      notificationId: String(doc.notificationId),
      user: found.get(String(doc.userId))?.username ?? null,
      service: doc.service,
      state: doc.state,
      attempts: doc.attempts,
      lastError: doc.lastError ?? null,
      nextAttemptAt: doc.nextAttemptAt?.toISOString() ?? null,
      createdAt: doc.createdAt.toISOString(),
      finishedAt: doc.finishedAt?.toISOString() ?? null,
      test: doc.test ?? false,
    }))
  }
}
