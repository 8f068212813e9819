import type { NotificationType } from '../src/events.ts'
import { Problem } from './http.ts'

/** Where the page can say it better than the server, which does not know what its caller was about to do. */
const words: Record<string, string> = {
  unreachable: 'The server cannot be reached. Nothing was lost: try again.',
  not_connected: 'Not connected at the moment. Try again when the light is green.',
  username_taken: 'Somebody has this username already. Choose another, or sign in.',
  session_revoked: 'This session was ended. Sign in again.',
  user_not_found: 'There is nobody of this name.',
}

/** What went wrong, as a sentence for the user. */
export function inWords(error: unknown): string {
  if (!(error instanceof Problem)) return 'Something in this page failed. Reload it.'
  const again = `Try again ${inTime(error.retryAfterS ?? 60)}.`
  if (error.code === 'rate_limited') return `Too many attempts. ${again}`
  // Not "away": the server answers, and says when it will have time.
  if (error.status === 503 && error.retryAfterS !== undefined) return `The server is busy. ${again}`
  return words[error.code] ?? error.message
}

/** The same, where a password was asked for: it is the only thing that can be wrong. */
export function aboutPassword(error: unknown): string {
  const isWrong = error instanceof Problem && error.code === 'invalid_credentials'
  return isWrong ? 'That is not your password.' : inWords(error)
}

/** `in 40 s`, `in 12 min, at 14:32`. */
export function inTime(seconds: number, now = Date.now()): string {
  if (seconds < 60) return `in ${Math.ceil(seconds)} s`
  const at = new Date(now + seconds * 1_000).toLocaleTimeString('en-GB', { timeStyle: 'short' })
  return `in ${Math.ceil(seconds / 60)} min, at ${at}`
}

/** How long ago, as short as a list wants it: `now`, `5 min`, `3 h`, `Tue`, `4 Mar`. */
export function ago(iso: string, now = Date.now()): string {
  const date = new Date(iso)
  const minutes = Math.floor((now - date.getTime()) / 60_000)
  if (minutes < 1) return 'now'
  if (minutes < 60) return `${minutes} min`
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h`
  const format: Intl.DateTimeFormatOptions =
    minutes < 7 * 24 * 60 ? { weekday: 'short' } : { day: 'numeric', month: 'short' }
  return date.toLocaleDateString('en-GB', format)
}

/** When, to the second: `4 Mar, 14:32:07`. Enough to tell devices apart that look alike. */
export function moment(iso: string): string {
  return new Date(iso).toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
}

/** `1 notification`, `2 notifications`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

/** Every type, in the order in which a page offers them. The server has them as a schema, which no page needs. */
export const notificationTypes = Object.keys({
  'order.created': 1,
  'order.processing': 1,
  'order.shipped': 1,
  'order.delivered': 1,
  'order.cancelled': 1,
  'offer.new': 1,
  promotion: 1,
  'price.drop': 1,
  'stock.back': 1,
  system: 1,
  account: 1,
  'login.new': 1,
  message: 1,
  'room.message': 1,
} satisfies Record<NotificationType, 1>) as NotificationType[]
