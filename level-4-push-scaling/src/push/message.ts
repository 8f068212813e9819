import type { Urgency } from 'web-push'
import type { DueNotification } from '../channel.ts'
import type { PushContent } from '../events.ts'

/** 4,096 for the encrypted body (RFC 8030 section 7.2) less header 86, tag 16 and padding delimiter 1 (RFC 8188). */
export const MAX_PAYLOAD_BYTES = 3_993

/** A link longer than this leaves too little room for words; the page shows it in full. */
const MAX_URL_BYTES = 1_500

const characters = new Intl.Segmenter()

/**
 * The payload as JSON, at most 3,993 bytes of UTF-8. What is too long is shortened and ends in "…": the message
 * first, then the title, between characters as people see them, so that no emoji is cut in half.
 */
export function payloadOf(content: PushContent): string {
  const url = Buffer.byteLength(content.url) > MAX_URL_BYTES ? '/' : content.url
  const room = MAX_PAYLOAD_BYTES - bytesOf({ ...content, url, title: '', message: '' })
  const title = shorten(content.title, room)
  const message = title === content.title ? shorten(content.message, room - textBytes(title)) : ''
  return JSON.stringify({ ...content, url, title, message })
}

/** The longest beginning of `text` that takes at most `room` bytes in JSON with "…" after it; nothing if not even "…" does. */
function shorten(text: string, room: number): string {
  if (textBytes(text) <= room) return text
  let left = room - textBytes('…')
  if (left < 0) return ''
  let end = 0
  for (const { segment } of characters.segment(text)) {
    left -= textBytes(segment)
    if (left < 0) break
    end += segment.length
  }
  return `${text.slice(0, end)}…`
}

const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value))
const textBytes = (text: string) => bytesOf(text) - 2 // without its quotes

/** What a push service is told about a message that it cannot read (RFC 8030). */
export interface Handling {
  /** How long to keep it for a device that is off, in seconds (section 5.2). */
  ttl: number
  /** A device on battery takes the urgent ones only (section 5.3). */
  urgency: Urgency
  /**
   * Replaces an older message with the same topic that waits for the same device (section 5.4): of ten price drops the
   * last one is worth an interruption. Chrome's service keeps four topics a device and drops the rest.
   */
  topic?: string
}

const HOUR = 3_600
const DAY = 24 * HOUR

const SYSTEM: Handling = { ttl: 7 * DAY, urgency: 'normal' }

const handlings: Readonly<Record<string, Handling>> = {
  'order.created': { ttl: DAY, urgency: 'normal' },
  'order.processing': { ttl: DAY, urgency: 'low' },
  'order.shipped': { ttl: 3 * DAY, urgency: 'normal' },
  'order.delivered': { ttl: 3 * DAY, urgency: 'high' },
  'order.cancelled': { ttl: 7 * DAY, urgency: 'high' },
  'offer.new': { ttl: DAY, urgency: 'low', topic: 'offer' },
  promotion: { ttl: DAY, urgency: 'very-low', topic: 'promotion' },
  'price.drop': { ttl: 12 * HOUR, urgency: 'low', topic: 'price' },
  'stock.back': { ttl: 12 * HOUR, urgency: 'normal', topic: 'stock' },
  system: SYSTEM,
  account: { ttl: 28 * DAY, urgency: 'high' },
  'login.new': { ttl: 7 * DAY, urgency: 'high' },
  message: { ttl: 7 * DAY, urgency: 'high' },
  'room.message': { ttl: DAY, urgency: 'normal' },
}

/** How a notification of this type travels; one that is not known here like a message of the system. */
export const handlingOf = (type: string): Handling => handlings[type] ?? SYSTEM

/** What is pushed of a notification, and how. */
export function contentOf(notification: DueNotification, unread: number): [PushContent, Handling] {
  const { _id, seq, type, title, message, actionUrl: url = '/' } = notification
  return [{ id: String(_id), seq, type, title, message, url, unread }, handlingOf(type)]
}

/** What is pushed to show that push works. */
export function testContent(id: string, unread: number): [PushContent, Handling] {
  const words = { title: 'Push works', message: 'This test message came through your push service.' }
  return [
    { id, seq: 0, type: 'system', ...words, url: '/', unread },
    { ttl: 60, urgency: 'high' },
  ]
}
