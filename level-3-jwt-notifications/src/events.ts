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

/** One entry of a user's log, as it crosses the wire. */
export interface Notification {
  id: string
  /** Its place in its user's log: 1, 2, 3 … without gaps. */
  seq: number
  type: NotificationType
  title: string
  message: string
  /** A same-origin path or an https URL. */
  actionUrl?: string
  metadata?: Record<string, unknown>
  /** The sender's username; absent when the system sent it. */
  from?: string
  /** ISO 8601, like every time on the wire. */
  createdAt: string
  readAt?: string
}
