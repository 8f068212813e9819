import type { Models } from '@levels/3-jwt-notifications/src/doors.ts'
import type { Types } from 'mongoose'
import type { Outcome, Plan, QueuedChannel, Target, Work } from '../deliveries/types.ts'
import { planOf } from '../deliveries/wanted.ts'
import { judge } from './answer.ts'
import { type EndpointCheck, EndpointRefused } from './endpoint.ts'
import { type Handling, handlingOf } from './handling.ts'
import type { SubscriptionDoc } from './model.ts'
import { type PushContent, payloadOf } from './payload.ts'
import { CONNECTIONS, type PushPost, TIMEOUT_MS } from './post.ts'
import type { Subscriptions } from './subscriptions.ts'

const NAME = 'push'

interface ChannelOptions {
  models: Pick<Models, 'Notification'>
  subscriptions: Subscriptions
  post: PushPost
  serviceOf: EndpointCheck
  /** How long a notification may stay unseen, in milliseconds. */
  delayMs: number
  /** A push service rejects this server. */
  onMisconfigured(service: string, status: number): void
}

/** Web push as a delivery channel: what nobody has seen after a while goes to each of the user's browsers. */
export function createPushChannel(options: ChannelOptions): QueuedChannel {
  const { models, subscriptions, post, serviceOf, delayMs, onMisconfigured } = options

  async function send(
    subscription: SubscriptionDoc,
    content: PushContent,
    handling: Handling,
  ): Promise<Outcome> {
    try {
      const service = serviceOf(subscription.endpoint) // the list of hosts may have changed since it was saved
      const answer = await post.send(subscription, payloadOf(content), handling)
      const { outcome, gone, misconfigured } = judge(service, answer)
      if (gone) await subscriptions.drop([subscription])
      if (misconfigured) onMisconfigured(service, answer.status)
      return outcome
    } catch (error) {
      if (error instanceof EndpointRefused) return { kind: 'failed', reason: error.message }
      return {
        kind: 'retry',
        reason: `${subscription.service}: ${error instanceof Error ? error.message : error}`,
      }
    }
  }

  async function countUnread(userIds: Types.ObjectId[]): Promise<Map<string, number>> {
    const counts = await models.Notification.aggregate<{ _id: Types.ObjectId; count: number }>([
      { $match: { userId: { $in: userIds }, readAt: null, deletedAt: null } },
      { $group: { _id: '$userId', count: { $sum: 1 } } },
    ])
    return new Map(counts.map(({ _id, count }) => [String(_id), count]))
  }

  return {
    name: NAME,
    attemptMs: TIMEOUT_MS,
    perLane: CONNECTIONS,

    plan({ type, from, createdAt, metadata }): Plan {
      const created = Date.parse(createdAt)
      const isAlert = type === 'login.new' && from === undefined // anyone may send themselves what looks like one
      if (!isAlert) return { dueAt: new Date(created + delayMs) }
      // Whoever has just signed in may be a thief, whose page sees the alert first: that must not hold it back.
      const session = metadata?.sessionId
      return {
        dueAt: new Date(created),
        always: true,
        ...(typeof session === 'string' && { exceptSession: session }),
      }
    },

    async targets(due) {
      const browsers = await subscriptions.listFor(due.map(({ userId }) => userId))
      return due.flatMap((notification): Target[] =>
        browsers
          .filter(({ userId }) => userId.equals(notification.userId))
          .filter(({ sessionId }) => sessionId !== planOf(notification, NAME).exceptSession)
          .map(({ _id, service }) => ({ notification, id: _id, lane: service })),
      )
    },

    async prepare(batch) {
      const [found, unread] = await Promise.all([
        subscriptions.find(batch.map(({ delivery }) => delivery.target)),
        countUnread(batch.map(({ delivery }) => delivery.userId)),
      ])
      const byId = new Map(found.map((subscription) => [subscription._id, subscription]))
      return batch.map((work) => async () => {
        const subscription = byId.get(work.delivery.target)
        // A browser that changed hands must not show its former user's news.
        if (!subscription?.userId.equals(work.delivery.userId)) {
          return { kind: 'cancelled', reason: 'The browser is not subscribed any more, or another user is.' }
        }
        const count = unread.get(String(work.delivery.userId)) ?? 0
        return send(subscription, ...messageOf(work, count))
      })
    },

    close: () => post.close(),
  }
}

function messageOf({ delivery, notification }: Work, unread: number): [PushContent, Handling] {
  const id = String(delivery.notificationId)
  if (!notification) {
    const words = { title: 'Push works', message: 'This test message came through your push service.' }
    return [
      { id, seq: 0, type: 'system', ...words, url: '/', unread },
      { ttl: 60, urgency: 'high' },
    ]
  }
  const { seq, type, title, message, actionUrl: url = '/' } = notification
  return [{ id, seq, type, title, message, url, unread }, handlingOf[type]]
}
