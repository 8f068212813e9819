import { randomUUID } from 'node:crypto'
import { isDuplicateKey } from '@levels/shared/server/mongo-errors.ts'
import type { Collection, Model, Types, UpdateQuery } from 'mongoose'
import type { DueNotification, Outcome, QueuedChannel } from '../channel.ts'
import { type DeliveryDoc, newDelivery } from './model.ts'

// The heart of the chapter, in three steps: take what is due (the lease), make one delivery for each place (the
// decision), store what the outcome of an attempt means (the record).

const BATCH = 100

/** A range has a beginning, and a query for a range of times finds its index. */
const EVER = new Date(0)

export type Due = Pick<DeliveryDoc, '_id' | 'channel' | 'service'>

/**
 * The lease. One field, in one index, says both "due at" and "the lease ends at", because taking a document moves that
 * field into the future. So nothing has to be done after a crash: when the lease ends, the document is due again.
 *
 * `due` is the path of that field, `owner` of the one that keeps the token of who took it.
 */
export function createLease<Doc extends { _id: Types.ObjectId }>(
  collection: Collection,
  due: string,
  owner: string,
) {
  return {
    /**
     * Takes up to 100 documents that are due and fit `where`, for `ms` milliseconds. When several instances see the same
     * document, the first one to move it gets it. `choose` may leave some of them to others; only what it looks at is read
     * of them. A later change must name the token: after the lease, another instance has set its own.
     */
    async take(ms: number, where: object = {}, choose = (due: Due[]): Due[] => due) {
      const now = new Date()
      const isDue = { [due]: { $lte: now } }
      const options = { sort: { [due]: 1 }, limit: BATCH, projection: { channel: 1, service: 1 } } as const
      const found = collection.find<Due>({ ...isDue, ...where }, options)
      const ids = choose(await found.toArray()).map(({ _id }) => _id)
      const token = randomUUID()
      if (ids.length === 0) return { documents: [], token }
      // The condition is in the update: the second instance finds that the due time has moved, and changes nothing.
      const moved = { [due]: new Date(now.getTime() + ms), [owner]: token }
      await collection.updateMany({ _id: { $in: ids }, ...isDue }, { $set: moved })
      const documents = await collection.find<Doc>({ _id: { $in: ids }, [owner]: token }).toArray()
      return { documents, token }
    },

    /** When the next one that fits is due, in epoch milliseconds; undefined when there is none. */
    async nextDueAt(where: object = {}): Promise<number | undefined> {
      const options = { sort: { [due]: 1 }, projection: { [due]: 1 } } as const
      const next = await collection.findOne({ [due]: { $gt: EVER }, ...where }, options)
      const at = due.split('.').reduce<unknown>((value, key) => Object(value)[key], next)
      return at instanceof Date ? at.getTime() : undefined
    },
  }
}

/** How long a decision may take, in milliseconds. After that its instance counts as dead, and another one decides. */
const DECISION_MS = 15_000

export interface DecisionParts {
  channel: QueuedChannel
  /** The driver's own collection: the lease needs nothing of what mongoose adds. */
  notifications: Collection
  deliveries: Model<DeliveryDoc>
  /** Leaves out what the user has seen, read or deleted. */
  stillWanted(channel: QueuedChannel['name'], due: DueNotification[]): Promise<DueNotification[]>
}

/**
 * The decision: a notification that is due in this channel, and still wanted, becomes one delivery for each place that it
 * has to reach. A decision made twice (by the instance that took over) changes nothing, since deliveries are unique.
 * Returns whether there may be more, or when the next one is due.
 */
export function createDecision({ channel, notifications, deliveries, stillWanted }: DecisionParts) {
  const dueAt = `channels.${channel.name}.dueAt`
  const claimedBy = `channels.${channel.name}.claimedBy`
  const lease = createLease<DueNotification>(notifications, dueAt, claimedBy)

  return async function decide(): Promise<{ queued: number; more: boolean; nextDueAt?: number | undefined }> {
    const { documents: batch, token } = await lease.take(DECISION_MS)
    if (batch.length === 0) return { queued: 0, more: false, nextDueAt: await lease.nextDueAt() }
    const wanted = await stillWanted(channel.name, batch)
    const targets = wanted.length > 0 ? await channel.targets(wanted) : []
    const now = new Date()
    const rows = targets.map(({ notification, id, service }) => {
      const { _id: notificationId, userId } = notification
      return newDelivery({ channel: channel.name, notificationId, userId, target: id, service }, now)
    })
    if (rows.length > 0) await insertNew(deliveries, rows)
    await notifications.updateMany(
      { _id: { $in: batch.map(({ _id }) => _id) }, [claimedBy]: token },
      { $unset: { [dueAt]: 1, [claimedBy]: 1 } },
    )
    return { queued: rows.length, more: true }
  }
}

/** Inserts those that are not there yet. MongoDB's E11000 says "there already"; any other error is thrown. */
async function insertNew(deliveries: Model<DeliveryDoc>, rows: Omit<DeliveryDoc, '_id'>[]): Promise<void> {
  await deliveries.insertMany(rows, { ordered: false, lean: true }).catch((error: unknown) => {
    const { writeErrors = [] } = error as { writeErrors?: { code?: number }[] }
    if (!isDuplicateKey(error) || writeErrors.some((one) => one.code !== 11_000)) throw error
  })
}

/** Attempts in all; after the last one an admin has to ask for another. */
export const MAX_ATTEMPTS = 6

/** 1 s, 5 s, 25 s, 2 min, 10 min: a short failure costs seconds, and 13 minutes without an answer lose nothing. */
const FIRST_DELAY_MS = 1_000
const FACTOR = 5
/** No service decides to hold a notification back for longer than this. */
const MAX_RETRY_AFTER_MS = 86_400_000
const LONGEST_REASON = 300

/**
 * The record: what an outcome changes in its delivery. `attempts` counts this one, too. Deliveries that failed together
 * must not come back together, so up to a fifth is added to each delay at random.
 */
export function recordOf(attempts: number, outcome: Outcome, now = Date.now()): UpdateQuery<DeliveryDoc> {
  const done = { nextAttemptAt: 1, claimedBy: 1 }
  const finishedAt = new Date(now)
  if (outcome.kind === 'sent')
    return { $set: { state: 'sent', attempts, finishedAt }, $unset: { ...done, lastError: 1 } }
  const lastError = outcome.reason.slice(0, LONGEST_REASON)
  if (outcome.kind === 'cancelled')
    return { $set: { state: 'cancelled', lastError, finishedAt }, $unset: done }
  if (outcome.kind === 'failed' || attempts >= MAX_ATTEMPTS)
    return { $set: { state: 'failed', attempts, lastError, finishedAt }, $unset: done }
  const backOff = FIRST_DELAY_MS * FACTOR ** (attempts - 1)
  const asked = Math.min(outcome.afterMs ?? 0, MAX_RETRY_AFTER_MS) // Retry-After, RFC 9110 section 10.2.3
  const nextAttemptAt = new Date(now + Math.max(backOff, asked) * (1 + Math.random() / 5))
  return { $set: { state: 'retrying', attempts, lastError, nextAttemptAt }, $unset: { claimedBy: 1 } }
}
