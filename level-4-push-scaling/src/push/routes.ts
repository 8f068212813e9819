import type { DefineRoute } from '@levels/shared/server/api/route.ts'
import { objectId } from '@levels/shared/server/api/untrusted.ts'
import { HttpError } from '@levels/shared/server/respond.ts'
import * as z from 'zod'
import type { DeliveryResult, Log } from '../channel.ts'
import {
  endpointText,
  publicKeyAnswer,
  type SavedSubscription,
  savedSubscription,
  savedSubscriptions,
  testMessage,
  testResult,
} from '../events.ts'
import { CHANNEL, Refused } from './push.ts'
import { type SubscriptionDoc, type Subscriptions, subscribeBody } from './subscriptions.ts'

export interface PushRouteParts {
  publicKey: string
  subscriptions: Subscriptions
  /** Whoever delivers. */
  deliveries: {
    /** Queues a test message to these places; returns its id. Throws HttpError 429 right after the last one. */
    sendTest(channel: string, userId: string, targets: { id: string; service: string }[]): Promise<string>
    /** The last delivery to each of these places that was for this user. */
    lastTo(targets: string[], userId: string): Promise<DeliveryResult[]>
    /** The deliveries of one test message of this user's. */
    testResults(id: string, userId: string): Promise<DeliveryResult[]>
  }
  log: Log
}

/** `/api/push`: turning push on and off for a browser, and seeing whether it works. */
export function definePushRoutes(route: DefineRoute, parts: PushRouteParts): void {
  const { publicKey, subscriptions, deliveries, log } = parts
  const path = '/api/push/subscriptions'

  route('GET /api/push/public-key', {
    summary: 'The VAPID public key that a page subscribes with',
    access: 'public',
    answer: publicKeyAnswer,
    handle: () => ({ publicKey }),
  })

  route(`POST ${path}`, {
    summary: 'Turn push on for this browser, until its session ends (of ten browsers the oldest makes room)',
    body: subscribeBody,
    status: 201,
    answer: savedSubscription,
    async handle({ body, caller: { id: userId, sid, username } }) {
      const saved = await subscriptions.save({ userId, sid }, body).catch((error: unknown) => {
        if (!(error instanceof Refused)) throw error
        // Somebody may be trying to make this server call other machines. The endpoint itself stays out of the log.
        log.warn(`A push endpoint of ${username} was refused: ${error.message}`)
        throw new HttpError(400, 'endpoint_not_allowed', error.message)
      })
      return toAnswer(saved, sid)
    },
  })

  route(`GET ${path}`, {
    summary: 'Your browsers that get push, and what became of the last message to each',
    answer: savedSubscriptions,
    async handle({ caller: { id, sid } }) {
      const mine = await subscriptions.listFor([id])
      const ids = mine.map(({ _id }) => _id)
      const last = new Map((await deliveries.lastTo(ids, id)).map((result) => [result.target, result]))
      return { items: mine.map((one) => toAnswer(one, sid, last.get(one._id))) }
    },
  })

  route(`DELETE ${path}`, {
    summary: 'Turn push off for one browser; done already counts as done',
    body: z.object({ endpoint: endpointText }),
    handle: ({ body, caller }) => subscriptions.remove(caller.id, body.endpoint),
  })

  route('POST /api/push/test', {
    summary: 'Send a test message to your browsers, or to the one named',
    body: z.object({ endpoint: endpointText.optional() }).optional(),
    status: 202,
    answer: testMessage,
    async handle({ body, caller }) {
      const mine = await subscriptions.listFor([caller.id])
      const meant = mine.filter((one) => !body?.endpoint || one.endpoint === body.endpoint)
      if (meant.length === 0)
        throw new HttpError(409, 'no_subscription', 'No browser of yours gets push yet: turn it on first.')
      const targets = meant.map(({ _id: id, service }) => ({ id, service }))
      return { id: await deliveries.sendTest(CHANNEL, caller.id, targets) }
    },
  })

  route('GET /api/push/test/:id', {
    summary: 'What the push services answered to a test message of yours',
    params: z.strictObject({ id: objectId }),
    answer: testResult,
    async handle({ params: { id }, caller }) {
      const results = await deliveries.testResults(id, caller.id)
      if (results.length === 0)
        throw new HttpError(404, 'not_found', 'There is no such test message of yours.')
      const saved = new Set((await subscriptions.listFor([caller.id])).map(({ _id }) => _id))
      const items = results.map(({ service, state, error, target }) => {
        return { service, state, error, gone: state === 'failed' && !saved.has(target) }
      })
      return { items }
    },
  })
}

function toAnswer(saved: SubscriptionDoc, sid: string, last?: DeliveryResult): SavedSubscription {
  return {
    id: saved._id,
    endpoint: saved.endpoint,
    service: saved.service,
    createdAt: saved.createdAt.toISOString(),
    savedAt: saved.savedAt.toISOString(),
    current: saved.sessionId === sid,
    ...(last && {
      lastPush: { id: last.id, state: last.state, error: last.error ?? undefined, at: last.at.toISOString() },
    }),
  }
}
