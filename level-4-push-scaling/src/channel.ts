import type { Types } from 'mongoose'
import type { DeliveryState } from './events.ts'

// Where the chapters meet: `deliver` works on these shapes, `push` and `email` fill them in.

/** Where the chapters say what happens; `console` fits. They never hand it a token, an endpoint or an address. */
export type Log = Record<'debug' | 'info' | 'warn' | 'error', (message: string) => void>

/** What a delivery needs to know of a stored notification: level 3's documents fit. */
export interface DueNotification {
  _id: Types.ObjectId
  userId: Types.ObjectId
  seq: number
  type: string
  title: string
  message: string
  actionUrl?: string
  metadata?: Record<string, unknown>
  from?: string
  createdAt: Date
  readAt?: Date
  deletedAt?: Date
  /** What each channel keeps with it, by the channel's name. */
  channels?: Record<string, Record<string, unknown>>
}

/** What a queued channel keeps with a notification, under `channels.<name>` of the stored document. */
export type Plan = {
  /** When to decide who still has to get it. */
  dueAt: Date
  /** It goes out even when the user has seen it. */
  always?: boolean
  /** The session that does not need it. */
  exceptSession?: string
}

/** What the channel has kept with the notification. */
export const planOf = ({ channels }: DueNotification, channel: string): Partial<Plan> =>
  channels?.[channel] ?? {}

/** One place a notification has to reach: a browser, a mailbox. Each becomes one delivery. */
export interface Target {
  notification: DueNotification
  /** Names the place within its channel, and never changes. */
  id: string
  /** Who carries it there: `push.apple.com`, a mail server. One that hangs delays its own deliveries only. */
  service: string
}

/** A delivery that is being attempted. */
export interface Work {
  delivery: { notificationId: Types.ObjectId; userId: Types.ObjectId; target: string }
  /** Absent for a test message, which is in no log. */
  notification: DueNotification | undefined
}

/** What came of one attempt. */
export type Outcome =
  | { kind: 'sent' }
  /** It may work later: not before `afterMs` milliseconds, if the other side said so. */
  | { kind: 'retry'; reason: string; afterMs?: number | undefined }
  /** It will not work by itself. */
  | { kind: 'failed'; reason: string }
  /** There is nothing left to do. */
  | { kind: 'cancelled'; reason: string }

/** What became of one delivery. */
export interface DeliveryResult {
  id: string
  target: string
  service: string
  state: DeliveryState
  error?: string | null | undefined
  at: Date
}

/** Rejects only for a reason that may pass: it counts as a `retry`. */
export type Attempt = () => Promise<Outcome>

/** What a plan is made from: a notification before it is stored. */
export type Planned = Pick<DueNotification, 'type' | 'from' | 'metadata'> & { createdAt: string }

/** A delivery channel whose work waits in the database, so that it survives the process that took it on. */
export interface QueuedChannel {
  /** What preferences know it by. */
  readonly name: 'push' | 'email'
  /** The longest that one attempt takes, in milliseconds. */
  readonly attemptMs: number
  /** How many attempts may be under way at once at one service. */
  readonly concurrency: number
  /** Undefined: this channel is not for it. */
  plan(notification: Planned): Plan | undefined
  /** Where these notifications, which are due, have to go. */
  targets(due: readonly DueNotification[]): Promise<Target[]>
  /** Loads what a batch needs at once; the attempts come back in the order of the work. */
  prepare(batch: readonly Work[]): Promise<Attempt[]>
  /** Breaks off what is under way. */
  close(): void
}
