import { setTimeout as sleep } from 'node:timers/promises'
import { createGroupCommit } from '@levels/shared/server/group-commit.ts'
import type { Collection, mongo, UpdateQuery } from 'mongoose'
import type { Log } from '../channel.ts'
import type { DeliveryDoc } from './model.ts'

/** How soon to store an outcome again while the database is away, in milliseconds. */
const AGAIN_MS = 100

/** A delivery that was not attempted, or that our own stop broke off, is due again. The attempt does not count. */
export function released(now = Date.now()): UpdateQuery<DeliveryDoc> {
  return { $set: { nextAttemptAt: new Date(now) }, $unset: { claimedBy: 1 } }
}

/**
 * Stores the outcomes of deliveries, and tries again while the database is away: a message that went out without a record
 * goes out twice. Changes nothing of a delivery that another instance has claimed since.
 * Outcomes that come together are written together: one write for each would cost a third of the rate. It uses the
 * driver's own collection, because mongoose would check again what is made here.
 */
export function createRecorder(deliveries: Pick<Collection, 'bulkWrite'>, log: Log) {
  let stopping = false

  const write = createGroupCommit(async (updates: readonly mongo.AnyBulkWriteOperation[]) => {
    for (let failures = 0; !stopping || failures === 0; failures += 1) {
      try {
        await deliveries.bulkWrite([...updates], { ordered: false })
        break
      } catch (error) {
        if (failures === 0)
          log.warn(`Deliveries: ${updates.length} outcomes cannot be written down yet: ${error}`)
        await sleep(AGAIN_MS)
      }
    }
    return []
  })

  return {
    /** Resolves when it is stored; after `stop` also when that failed. */
    async record({ _id, claimedBy }: DeliveryDoc, update: UpdateQuery<DeliveryDoc>): Promise<void> {
      await write([{ updateOne: { filter: { _id, claimedBy: claimedBy ?? null }, update } }])
    },
    /** From now on one failure is enough: this process has no time left to wait. */
    stop(): void {
      stopping = true
    },
  }
}
