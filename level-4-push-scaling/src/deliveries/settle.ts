import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '@levels/shared/server/log.ts'
import type { Model, UpdateQuery } from 'mongoose'
import type { DeliveryDoc } from './model.ts'
import { delayBeforeRetry } from './retry.ts'
import type { Outcome } from './types.ts'

/** How soon to try again to write an outcome down while the database is away. */
const AGAIN_MS = 100

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
 * Writes down what became of a delivery, and does not give up while the database is away: a message that went out
 * and is not known to have gone out goes out twice. Changes nothing when somebody else has claimed it since.
 */
export async function settle(
  deliveries: Model<DeliveryDoc>,
  { _id, claimedBy }: Pick<DeliveryDoc, '_id' | 'claimedBy'>,
  update: UpdateQuery<DeliveryDoc>,
  { log, isStopping }: { log: Log; isStopping(): boolean },
): Promise<void> {
  for (let failures = 0; ; failures += 1) {
    try {
      await deliveries.updateOne({ _id, claimedBy }, update)
      return
    } catch (error) {
      if (failures === 0) log.warn(`Delivery ${_id} cannot be written down yet: ${error}`)
      if (isStopping()) return
      await sleep(AGAIN_MS)
    }
  }
}
