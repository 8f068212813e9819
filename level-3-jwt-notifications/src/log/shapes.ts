import { objectId, time } from '@levels/shared/server/api/untrusted.ts'
import type { EventHandlers, EventOf } from '@levels/shared/server/event-types.ts'
import * as z from 'zod'

/** What can be sent about notifications, and what is answered: each shape once, types inferred. */

/** What a notification can be about. */
export const notificationTypes = [
  'order.created',
  'order.processing',
  'order.shipped',
  'order.delivered',
  'order.cancelled',
  'offer.new',
  'promotion',
  'price.drop',
  'stock.back',
  'system',
  'account',
  'login.new',
  'message',
  'room.message',
] as const
export type NotificationType = (typeof notificationTypes)[number]

/** One entry of a user's log. */
export const notification = z
  .strictObject({
    id: z.string(),
    seq: z.int().min(1).describe('Its place in its user’s log: 1, 2, 3 … without gaps'),
    type: z.enum(notificationTypes),
    title: z.string(),
    message: z.string(),
    actionUrl: z.string().optional().describe('A same-origin path or an https URL'),
    metadata: z.record(z.string(), z.unknown()).optional(),
    from: z.string().optional().describe('The sender’s username; absent when the system sent it'),
    createdAt: time,
    readAt: time.optional(),
  })
  .meta({ id: 'Notification' })
export type Notification = z.output<typeof notification>

/** Counted up to 999: 1000 means more. */
const unread = z
  .int()
  .min(0)
  .max(1_000)
  .describe('How many are unread, whatever is listed; 1000 means more than 999')

/** A page of the log, newest first. */
export const notificationPage = z
  .strictObject({
    items: z.array(notification),
    unread,
    nextBefore: z.int().nullable().describe('Asks for the next page as `before`; null on the last'),
  })
  .meta({ id: 'NotificationPage' })
export type NotificationPage = z.output<typeof notificationPage>

export const allRead = z.strictObject({ upTo: z.int(), readAt: time })
export const deleted = z.strictObject({ id: z.string(), seq: z.int() })
export const sent = z.union([notification, z.strictObject({ recipients: z.int() })])
export type Sent = z.output<typeof sent>

const upTo = z.int().min(0)
const limit = z.int().min(1).max(100)

/** What the server sends over the socket. */
export const logServerEvents = {
  /** The newest 20, newest first. `upTo` is the end of the log. */
  'notifications:initial': z.strictObject({ items: z.array(notification), unread, upTo }),
  /** What came since the cursor, oldest first. After showing it, everything up to `upTo` has been seen. */
  'notifications:missed': z.strictObject({ items: z.array(notification).max(100), more: z.boolean(), upTo }),
  'notification:new': notification,
  /** `readAt` is null when it was marked unread. */
  'notification:updated': z.strictObject({ id: z.string(), seq: z.int(), readAt: time.nullable() }),
  'notification:deleted': deleted,
  /** Everything up to `upTo` is read. */
  'notifications:all-read': allRead,
  unread: z.strictObject({ count: unread }),
}

/** What the page sends over the socket, and what it is answered. */
export const logClientEvents = {
  'notifications:fetch': {
    payload: z.strictObject({
      before: z.int().min(1).optional(),
      limit: limit.default(20),
      unread: z.boolean().optional(),
    }),
    answer: notificationPage,
  },
  'notification:mark-read': {
    payload: z.strictObject({ id: objectId, read: z.boolean().default(true) }),
    answer: notification,
  },
  'notifications:mark-all-read': { payload: z.strictObject({}), answer: allRead },
  'notification:delete': { payload: z.strictObject({ id: objectId }), answer: deleted },
  /** Cumulative: everything up to `upTo` was shown. The answer has where the server's record now stands. */
  'notifications:seen': { payload: z.strictObject({ upTo }), answer: z.strictObject({ upTo }) },
}

/** What `notifications:fetch` asks for. */
export type Fetch = z.output<(typeof logClientEvents)['notifications:fetch']['payload']>
/** An event of the log, with its payload. */
export type LogEvent = EventOf<typeof logServerEvents>
export type LogEventHandlers = EventHandlers<typeof logClientEvents>

/** Sends an event to every connection of a user, on whatever instance. */
export type EmitLogEvent = (userId: string, ...event: LogEvent) => void
