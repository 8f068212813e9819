import type { NotificationType } from '@levels/3-jwt-notifications/src/doors.ts'
import type { Urgency } from 'web-push'

/** What a push service is told about a message that it cannot read (RFC 8030). */
export interface Handling {
  /** How long to keep it for a device that is off, in seconds (section 5.2). */
  ttl: number
  /** A device on battery takes the urgent ones only (section 5.3). */
  urgency: Urgency
  /**
   * Replaces an older message with the same topic that waits for the same device (section 5.4): of ten price drops
   * the last one is worth an interruption. Only for those: what matters by itself must not be replaced. Chrome's
   * service keeps four topics a device and drops the rest, so there are no more than four.
   */
  topic?: string
}

const HOUR = 3_600
const DAY = 24 * HOUR

export const handlingOf: Readonly<Record<NotificationType, Handling>> = {
  'order.created': { ttl: DAY, urgency: 'normal' },
  'order.processing': { ttl: DAY, urgency: 'low' },
  'order.shipped': { ttl: 3 * DAY, urgency: 'normal' },
  'order.delivered': { ttl: 3 * DAY, urgency: 'high' },
  'order.cancelled': { ttl: 7 * DAY, urgency: 'high' },
  'offer.new': { ttl: DAY, urgency: 'low', topic: 'offer' },
  promotion: { ttl: DAY, urgency: 'very-low', topic: 'promotion' },
  'price.drop': { ttl: 12 * HOUR, urgency: 'low', topic: 'price' },
  'stock.back': { ttl: 12 * HOUR, urgency: 'normal', topic: 'stock' },
  system: { ttl: 7 * DAY, urgency: 'normal' },
  account: { ttl: 28 * DAY, urgency: 'high' },
  'login.new': { ttl: 7 * DAY, urgency: 'high' },
  message: { ttl: 7 * DAY, urgency: 'high' },
  'room.message': { ttl: DAY, urgency: 'normal' },
}
