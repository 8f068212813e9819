import type { DefineRoute } from '@levels/3-jwt-notifications/src/doors.ts'
import { HttpError } from '@levels/shared/server/respond.ts'
import type { Model } from 'mongoose'
import * as z from 'zod'
import type { Deliveries } from '../deliveries/index.ts'
import { type DeliveryDoc, deliveryStates } from '../deliveries/model.ts'
import { type EndpointCheck, EndpointRefused } from './endpoint.ts'
import { pushSubscription } from './keys.ts'
import type { SubscriptionDoc } from './model.ts'
import type { Subscriptions } from './subscriptions.ts'
import { sendTestMessage } from './test-message.ts'

const endpoint = z.object({ endpoint: z.string().min(1).max(2_048) })

const savedSubscription = z.object({
  id: z.string(),
  endpoint: z.string(),
  service: z.string().describe('The push service'),
  createdAt: z.iso.datetime(),
  savedAt: z.iso.datetime(),
  current: z.boolean().describe('Saved by the session that asks'),
  lastPush: z
    .object({
      id: z.string().describe('The notification, or the test message'),
      state: z.enum(deliveryStates).describe('"sent": the push service has accepted it'),
      error: z.string().optional(),
      at: z.iso.datetime(),
    })
    .optional(),
})

interface RouteOptions {
  publicKey: string
  subscriptions: Subscriptions
  serviceOf: EndpointCheck
  deliveries: Deliveries
}

/** `/api/push`: turning push on and off for a browser, and seeing whether it works. */
export function definePushRoutes(route: DefineRoute, options: RouteOptions): void {
  const { publicKey, subscriptions, serviceOf, deliveries } = options
  const path = '/api/push/subscriptions'

  route({
    method: 'get',
    path: '/api/push/public-key',
    summary: 'The VAPID public key that a page subscribes with',
    access: 'public',
    status: 200,
    answer: z.object({ publicKey: z.string().describe('An uncompressed P-256 point, base64url') }),
    handle: () => ({ publicKey }),
  })

  route({
    method: 'post',
    path,
    summary:
      'Turn push on for this browser, until its session ends (ten browsers a user: the oldest makes room)',
    access: 'user',
    body: pushSubscription,
    status: 201,
    answer: savedSubscription,
    async handle({ body, caller }) {
      const service = checked(serviceOf, body.endpoint)
      const saved = await subscriptions.save({ userId: caller.id, sid: caller.sid }, body, service)
      return toAnswer(saved, caller.sid)
    },
  })

  route({
    method: 'get',
    path,
    summary: 'Your browsers that get push, and what became of the last message to each',
    access: 'user',
    status: 200,
    answer: z.object({ items: z.array(savedSubscription) }),
    async handle({ caller }) {
      const mine = await subscriptions.listFor([caller.id])
      const lastPushes = await Promise.all(
        mine.map(({ _id }) => lastPushTo(deliveries.model, _id, caller.id)),
      )
      return { items: mine.map((one, index) => toAnswer(one, caller.sid, lastPushes[index])) }
    },
  })

  route({
    method: 'delete',
    path,
    summary: 'Turn push off for one browser; done already counts as done',
    access: 'user',
    body: endpoint,
    status: 204,
    handle: ({ body, caller }) => subscriptions.remove(caller.id, body.endpoint),
  })

  route({
    method: 'post',
    path: '/api/push/test',
    summary: 'Send a test message to your browsers, or to the one named',
    access: 'user',
    body: endpoint.partial().optional(),
    status: 202,
    answer: z.object({ id: z.string().describe('As in the payload, and in lastPush') }),
    async handle({ body, caller }) {
      const mine = await subscriptions.listFor([caller.id])
      const meant = mine.filter((one) => !body?.endpoint || one.endpoint === body.endpoint)
      return sendTestMessage(deliveries, caller.id, meant)
    },
  })
}

function checked(serviceOf: EndpointCheck, endpoint: string): string {
  try {
    return serviceOf(endpoint)
  } catch (error) {
    if (error instanceof EndpointRefused) throw new HttpError(400, 'endpoint_not_allowed', error.message)
    throw error
  }
}

function lastPushTo(deliveries: Model<DeliveryDoc>, target: string, userId: string) {
  return deliveries.findOne({ target, userId }).sort({ _id: -1 }).lean()
}

function toAnswer(
  saved: SubscriptionDoc,
  sid: string,
  last?: DeliveryDoc | null,
): z.output<typeof savedSubscription> {
  return {
    id: saved._id,
    endpoint: saved.endpoint,
    service: saved.service,
    createdAt: saved.createdAt.toISOString(),
    savedAt: saved.savedAt.toISOString(),
    current: saved.sessionId === sid,
    ...(last && {
      lastPush: {
        id: last.notificationId.toHexString(),
        state: last.state,
        ...(last.lastError !== undefined && { error: last.lastError }),
        at: (last.finishedAt ?? last.createdAt).toISOString(),
      },
    }),
  }
}
