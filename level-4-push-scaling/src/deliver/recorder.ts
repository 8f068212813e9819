import { setTimeout as sleep } from 'node:timers/promises'
import { createGroupCommit } from '@levels/shared/server/group-commit.ts'
import type { Collection, mongo, UpdateQuery } from 'mongoose'
import type { Log } from '../channel.ts'
import type { DeliveryDoc } from './model.ts'

/** How soon to try again to write an outcome down while the database is away, in milliseconds. */
const AGAIN_MS = 100

/** What a delivery becomes that was not attempted, or was broken off by our own stop: due again, not counted. */
export function released(now = Date.now()): UpdateQuery<DeliveryDoc> {
  return { $set: { nextAttemptAt: new Date(now) }, $unset: { claimedBy: 1 } }
}

/**
 * Writes down what became of deliveries, and does not give up while the database is away: a message that went out and
 * is not known to have gone out goes out twice. Changes nothing when another instance has claimed one since.
 * What ends together is written together: one write for each costs a third of the rate. By the driver's own collection:
 * mongoose would check again what is made here.
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
    /** Resolves when it is written down, or, after `stop`, when that failed. */
    async record({ _id, claimedBy }: DeliveryDoc, update: UpdateQuery<DeliveryDoc>): Promise<void> {
      await write([{ updateOne: { filter: { _id, claimedBy: claimedBy ?? null }, update } }])
    },
    /** From now on one failure is enough: this process has no time left to wait. */
    stop(): void {
      stopping = true
    },
  }
}
