import type { Types } from 'mongoose'
import { type DueNotification, type Plan, planOf, type QueuedChannel, type Target } from '../channel.ts'
import type { PushContent } from '../events.ts'
import { judge } from './answer.ts'
import { type EndpointCheck, EndpointRefused } from './endpoint.ts'
import { type Handling, handlingOf, payloadOf } from './message.ts'
import { CONNECTIONS, type PushPost, TIMEOUT_MS } from './post.ts'
import type { SubscriptionDoc, Subscriptions } from './subscriptions.ts'

export const CHANNEL = 'push'

export interface PushChannelParts {
  subscriptions: Subscriptions
  post: PushPost
  serviceOf: EndpointCheck
  /** How long a notification may stay unseen, in milliseconds. */
  delayMs: number
  /** How many notifications each of these users has not read. */
  countUnread(userIds: Types.ObjectId[]): Promise<Map<string, number>>
  /** A push service rejects this server. */
  onMisconfigured(service: string, status: number): void
}

/**
 * The heart of the chapter: web push as a delivery channel. What nobody has seen after a while goes to each of the user's
 * browsers. When is in the plan, where in the targets, and what the push service answers decides what comes next.
 */
export function createPushChannel(parts: PushChannelParts): QueuedChannel {
  const { subscriptions, post, serviceOf, delayMs, countUnread, onMisconfigured } = parts

  return {
    name: CHANNEL,
    attemptMs: TIMEOUT_MS,
    concurrency: CONNECTIONS,

    plan({ type, from, createdAt, metadata }): Plan {
      const created = Date.parse(createdAt)
      const isAlert = type === 'login.new' && from === undefined // anyone may send themselves what looks like one
      if (!isAlert) return { dueAt: new Date(created + delayMs) }
      // Whoever has just signed in may be a thief, whose page sees the alert first: that must not hold it back.
      const session = metadata?.sessionId
      const exceptSession = typeof session === 'string' ? { exceptSession: session } : {}
      return { dueAt: new Date(created), always: true, ...exceptSession }
    },

    async targets(due) {
      const browsers = await subscriptions.listFor(due.map(({ userId }) => userId))
      return due.flatMap((notification): Target[] =>
        browsers
          .filter(({ userId }) => userId.equals(notification.userId))
          .filter(({ sessionId }) => sessionId !== planOf(notification, CHANNEL).exceptSession)
          .map(({ _id, service }) => ({ notification, id: _id, service })),
      )
    },

    async prepare(batch) {
      const [found, unread] = await Promise.all([
        subscriptions.find(batch.map(({ delivery }) => delivery.target)),
        countUnread(batch.map(({ delivery }) => delivery.userId)),
      ])
      const byId = new Map(found.map((subscription) => [subscription._id, subscription]))
      return batch.map(({ delivery, notification }) => async () => {
        const subscription = byId.get(delivery.target)
        // A browser that changed hands must not show its former user's news.
        if (!subscription?.userId.equals(delivery.userId))
          return { kind: 'cancelled', reason: 'The browser is not subscribed any more, or another user is.' }
        const count = unread.get(String(delivery.userId)) ?? 0
        const id = String(delivery.notificationId)
        const [content, handling] = notification ? contentOf(notification, count) : testContent(id, count)
        return send(subscription, content, handling)
      })
    },

    close: () => post.close(),
  }

  async function send(subscription: SubscriptionDoc, content: PushContent, handling: Handling) {
    try {
      const service = serviceOf(subscription.endpoint) // the list of hosts may have changed since it was saved
      const answer = await post.send(subscription, payloadOf(content), handling)
      const { outcome, gone, misconfigured } = judge(service, answer)
      if (gone) await subscriptions.drop([subscription])
      if (misconfigured) onMisconfigured(service, answer.status)
      return outcome
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (error instanceof EndpointRefused) return { kind: 'failed', reason } as const
      return { kind: 'retry', reason: `${subscription.service}: ${reason}` } as const
    }
  }
}

function contentOf(notification: DueNotification, unread: number): [PushContent, Handling] {
  const { _id, seq, type, title, message, actionUrl: url = '/' } = notification
  return [{ id: String(_id), seq, type, title, message, url, unread }, handlingOf(type)]
}

function testContent(id: string, unread: number): [PushContent, Handling] {
  const words = { title: 'Push works', message: 'This test message came through your push service.' }
  return [
    { id, seq: 0, type: 'system', ...words, url: '/', unread },
    { ttl: 60, urgency: 'high' },
  ]
}
