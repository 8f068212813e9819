import type { Notification, NotificationDoc } from '@levels/3-jwt-notifications/src/doors.ts'
import type { DeliveryDoc } from './model.ts'

/** What a queued channel keeps with a notification, under `channels.<name>` of the stored document. */
export interface Plan {
  /** When to decide whom it still has to reach. */
  dueAt: Date
  /** It goes out even when the user has seen it. */
  always?: boolean
  /** The session that need not be told. */
  exceptSession?: string
}

/** One place a notification has to reach: a browser, a mailbox. Each becomes one delivery. */
export interface Target {
  notification: NotificationDoc
  /** Names the place within its channel, and never changes. */
  id: string
  /** Who carries it there. A carrier that hangs holds up its own lane only. */
  lane: string
}

/** A delivery that is being attempted. */
export interface Work {
  delivery: DeliveryDoc
  /** Absent for a test message, which is in nobody's log. */
  notification: NotificationDoc | undefined
}

/** What came of one attempt. */
export type Outcome =
  | { kind: 'sent' }
  /** It may work later: not before `afterMs` milliseconds, if the other side said so. */
  | { kind: 'retry'; reason: string; afterMs?: number }
  /** It will not work by itself. */
  | { kind: 'failed'; reason: string }
  /** There is nothing left to do. */
  | { kind: 'cancelled'; reason: string }

export type Attempt = () => Promise<Outcome>

/** A delivery channel whose work waits in the database, so that it survives the process that took it on. */
export interface QueuedChannel {
  readonly name: string
  /** The longest that one attempt takes, in milliseconds. */
  readonly attemptMs: number
  /** How many attempts may be under way at once in one lane. */
  readonly perLane: number
  /** Undefined: this channel is not for it. */
  plan(notification: Omit<Notification, 'id' | 'seq'>): Plan | undefined
  /** Where these notifications, which are due, have to go. */
  targets(due: readonly NotificationDoc[]): Promise<Target[]>
  /** Loads what a batch needs at once; the attempts come back in the order of the work. */
  prepare(batch: readonly Work[]): Promise<Attempt[]>
  /** Breaks off what is under way. */
  close(): void
}
