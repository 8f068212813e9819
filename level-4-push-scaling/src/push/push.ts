import type { Types } from 'mongoose'
import { type Outcome, type Plan, planOf, type QueuedChannel, type Target } from '../channel.ts'
import type { BrowserSubscription, PushContent } from '../events.ts'
import { contentOf, type Handling, testContent } from './message.ts'
import type { SubscriptionDoc, Subscriptions } from './subscriptions.ts'

export const CHANNEL = 'push'

/** Encrypts, signs and sends (post.ts). */
export interface PushPost {
  /** The longest that it takes, in milliseconds, and how many may be under way at one service. */
  readonly timeoutMs: number
  readonly connections: number
  /** Rejects with Refused when it will not be sent, and with any other error when no answer came. */
  send(browser: BrowserSubscription, content: PushContent, handling: Handling): Promise<Answer>
  /** Breaks off what is under way. */
  close(): void
}

/** This server will not send there, now or later. */
export class Refused extends Error {
  override name = 'Refused'
}

export interface PushChannelParts {
  subscriptions: Pick<Subscriptions, 'listFor' | 'find' | 'drop'>
  post: PushPost
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
  const { subscriptions, post, delayMs, countUnread, onMisconfigured } = parts

  return {
    name: CHANNEL,
    attemptMs: post.timeoutMs,
    concurrency: post.connections,

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
        subscriptions.find([...new Set(batch.map(({ delivery }) => delivery.target))]),
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

  async function send(browser: SubscriptionDoc, content: PushContent, handling: Handling): Promise<Outcome> {
    const { service } = browser
    try {
      const answer = await post.send(browser, content, handling)
      const { outcome, gone, misconfigured } = judge(service, answer)
      if (gone) await subscriptions.drop([browser])
      if (misconfigured) onMisconfigured(service, answer.status)
      return outcome
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (error instanceof Refused) return { kind: 'failed', reason }
      return { kind: 'retry', reason: `${service}: ${reason}` }
    }
  }
}

/** What a push service answered. */
export interface Answer {
  status: number
  /** When it may be asked again (Retry-After), in milliseconds from now; absent when it did not say. */
  retryAfterMs?: number | undefined
  /** The beginning of the body: there, services say what is wrong. */
  text: string
}

export interface Verdict {
  outcome: Outcome
  /** The browser has given this subscription up: it will never work again. */
  gone?: true
  /** The service rejects this server, not this message: somebody has to look at the configuration. */
  misconfigured?: true
}

/** What an answer means (RFC 8030 sections 5, 7.3 and 8.4, RFC 8292 section 4.2, RFC 6585 section 4). */
export function judge(service: string, { status, retryAfterMs, text }: Answer): Verdict {
  const said = text
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 150)
  const reason = `${service} answered ${status}${said && `: ${said}`}`
  if (status >= 200 && status < 300) return { outcome: { kind: 'sent' } }
  if (status === 404 || status === 410) return { outcome: { kind: 'failed', reason }, gone: true }
  if ([400, 401, 403].includes(status)) return { outcome: { kind: 'failed', reason }, misconfigured: true }
  if (status === 408 || status === 429 || status >= 500) {
    return { outcome: { kind: 'retry', reason, afterMs: retryAfterMs } }
  }
  // 413 among them, and redirects: a push service that moves tells the browser, not us.
  return { outcome: { kind: 'failed', reason } }
}
