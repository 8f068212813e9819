/**
 * The wire contract of level 3, imported by the server and by the page: what crosses the socket, and the shapes that
 * the REST API shares with it. The API itself is described by its own OpenAPI document (/api/openapi.json).
 */

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

/** A page of the log, newest first. `nextBefore` asks for the next one; null on the last. */
export interface NotificationPage {
  items: Notification[]
  /** How many the user has not read, whatever the page shows. */
  unread: number
  nextBefore: number | null
}

export type Role = 'user' | 'admin'

export interface User {
  id: string
  username: string
  role: Role
}

/** The answer to register, login and refresh. The refresh token travels beside it, in a cookie no script can read. */
export interface SignedIn {
  user: User
  /** A JWT, to be kept in memory only. */
  accessToken: string
  /** Seconds until it expires. */
  expiresIn: number
}

/** One signed-in device. */
export interface DeviceSession {
  id: string
  userAgent: string
  ip: string
  createdAt: string
  lastUsedAt: string
  /** True for the one that asks. */
  current: boolean
}

export interface Room {
  slug: string
  name: string
  /** Whether the one who asks is a member. */
  member: boolean
}

export interface RoomMessage {
  /** The room's slug. */
  room: string
  id: string
  from: string
  text: string
  at: string
}

/** What the page sends when it connects. */
export interface HandshakeAuth {
  /** The access token. */
  token: string
  /** The highest contiguous `seq` shown; absent on a first visit, when the server remembers what was delivered. */
  after?: number
}

/** Why a handshake was refused: `err.data` of `connect_error`. REST answers 401 with the same codes. */
export interface Refusal {
  code: 'token_missing' | 'token_invalid' | 'token_expired' | 'session_revoked'
  message: string
}

export type Ack<T> =
  | { ok: true; data: T }
  | {
      ok: false
      /** A code for programs and a sentence for people. */
      error: { code: string; message: string }
    }

export interface ServerToClientEvents {
  'session:ready': (ready: { user: User; sessionId: string; instance: string; expiresAt: string }) => void
  /** The token expires soon: renew with `session:renew`, or be cut at that time. */
  'session:expiring': (expiring: { expiresAt: string }) => void
  /** The last thing a socket hears before the server cuts it. */
  'session:ended': (ended: { code: 'token_expired' | 'session_revoked' }) => void
  /** The newest 20, newest first. `upTo` is the end of the log. */
  'notifications:initial': (initial: { items: Notification[]; unread: number; upTo: number }) => void
  /** What came since the cursor, oldest first. After showing it, everything up to `upTo` has been seen. */
  'notifications:missed': (missed: { items: Notification[]; more: boolean; upTo: number }) => void
  'notification:new': (notification: Notification) => void
  /** `readAt` is null when it was marked unread. */
  'notification:updated': (updated: { id: string; seq: number; readAt: string | null }) => void
  'notification:deleted': (deleted: { id: string; seq: number }) => void
  /** Everything up to `upTo` is read. */
  'notifications:all-read': (allRead: { upTo: number; readAt: string }) => void
  unread: (unread: { count: number }) => void
  'room:message': (message: RoomMessage) => void
}

type Event<Payload, Result> = (payload: Payload, ack: (answer: Ack<Result>) => void) => void

export interface ClientToServerEvents {
  'notifications:fetch': Event<{ before?: number; limit?: number; unread?: boolean }, NotificationPage>
  'notification:mark-read': Event<{ id: string; read?: boolean }, Notification>
  'notifications:mark-all-read': Event<Record<string, never>, { upTo: number; readAt: string }>
  'notification:delete': Event<{ id: string }, { id: string; seq: number }>
  /** Cumulative: everything up to `upTo` was shown. The answer has where the server's record now stands. */
  'notifications:seen': Event<{ upTo: number }, { upTo: number }>
  'room:send': Event<{ room: string; text: string }, RoomMessage>
  /** A fresh access token of the same session keeps the socket open. */
  'session:renew': Event<{ token: string }, { expiresAt: string }>
}
