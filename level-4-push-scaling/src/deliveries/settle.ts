import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '@levels/shared/server/log.ts'
import type { AnyBulkWriteOperation, Model, UpdateQuery } from 'mongoose'
import type { DeliveryDoc } from './model.ts'
import { delayBeforeRetry } from './retry.ts'
import type { Outcome } from './types.ts'

/** How soon to try again to write an outcome down while the database is away. */
const AGAIN_MS = 100

const BATCH = 500

const LONGEST_REASON = 300

/** What becomes of a delivery after an attempt; `released` means that none was made. */
export function settlementOf(
  attempts: number,
  outcome: Outcome | { kind: 'released' },
  now = Date.now(),
): UpdateQuery<DeliveryDoc> {
  const done = { nextAttemptAt: 1, claimedBy: 1 }
  const finishedAt = new Date(now)
  switch (outcome.kind) {
    case 'released':
      return { $set: { nextAttemptAt: new Date(now) }, $unset: { claimedBy: 1 } }
    case 'sent':
      return { $set: { state: 'sent', attempts, finishedAt }, $unset: { ...done, lastError: 1 } }
    case 'cancelled':
      return { $set: { state: 'cancelled', lastError: outcome.reason, finishedAt }, $unset: done }
  }
  const lastError = outcome.reason.slice(0, LONGEST_REASON)
  const delay = delayBeforeRetry(attempts, outcome)
  if (delay === undefined) {
    return { $set: { state: 'failed', attempts, lastError, finishedAt }, $unset: done }
  }
  return {
    $set: { state: 'retrying', attempts, lastError, nextAttemptAt: new Date(now + delay) },
    $unset: { claimedBy: 1 },
  }
}

/**
 * Writes down what became of deliveries, and does not give up while the database is away: a message that went out and
 * is not known to have gone out goes out twice. Changes nothing when somebody else has claimed one since.
 *
 * One write is under way at a time; whatever ends meanwhile goes into the next one together.
 */
export function createSettler(deliveries: Model<DeliveryDoc>, log: Log) {
  const waiting: { update: AnyBulkWriteOperation<DeliveryDoc>; written: () => void }[] = []
  let writing = false
  let stopping = false

  async function writeAll(): Promise<void> {
    writing = true
    while (waiting.length > 0) {
      const batch = waiting.splice(0, BATCH)
      await write(batch.map(({ update }) => update))
      for (const { written } of batch) written()
    }
    writing = false
  }

  async function write(updates: AnyBulkWriteOperation<DeliveryDoc>[]): Promise<void> {
    for (let failures = 0; !stopping || failures === 0; failures += 1) {
      try {
        await deliveries.bulkWrite(updates, { ordered: false })
        return
      } catch (error) {
        if (failures === 0)
          log.warn(`Deliveries: ${updates.length} outcomes cannot be written down yet: ${error}`)
        await sleep(AGAIN_MS)
      }
    }
  }

  return {
    /** Resolves when it is written down, or, after `stop`, when that failed. */
    settle({ _id, claimedBy }: DeliveryDoc, update: UpdateQuery<DeliveryDoc>): Promise<void> {
      return new Promise((written) => {
        waiting.push({ update: { updateOne: { filter: { _id, claimedBy }, update } }, written })
        if (!writing) void writeAll()
      })
    },
    /** From now on one failure is enough: nobody is left to wait. */
    stop(): void {
      stopping = true
    },
  }
}
