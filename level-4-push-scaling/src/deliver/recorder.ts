import { setTimeout as sleep } from 'node:timers/promises'
import type { Collection, mongo, UpdateQuery } from 'mongoose'
import type { Log } from '../channel.ts'
import type { DeliveryDoc } from './model.ts'

/** How soon to try again to write an outcome down while the database is away, in milliseconds. */
const AGAIN_MS = 100

const BATCH = 500

/** What a delivery becomes that was not attempted, or was broken off by our own stop: due again, not counted. */
export function released(now = Date.now()): UpdateQuery<DeliveryDoc> {
  return { $set: { nextAttemptAt: new Date(now) }, $unset: { claimedBy: 1 } }
}

/**
 * Writes down what became of deliveries, and does not give up while the database is away: a message that went out and
 * is not known to have gone out goes out twice. Changes nothing when another instance has claimed one since.
 * One write is under way at a time; whatever ends meanwhile goes into the next one. (One for each costs a third of the rate.
 * By the driver's own collection: mongoose would check again what is made here.)
 */
export function createRecorder(deliveries: Pick<Collection, 'bulkWrite'>, log: Log) {
  const waiting: { update: mongo.AnyBulkWriteOperation; written: () => void }[] = []
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

  async function write(updates: mongo.AnyBulkWriteOperation[]): Promise<void> {
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
    record({ _id, claimedBy }: DeliveryDoc, update: UpdateQuery<DeliveryDoc>): Promise<void> {
      return new Promise((written) => {
        const filter = { _id, claimedBy: claimedBy ?? null }
        waiting.push({ update: { updateOne: { filter, update } }, written })
        if (!writing) void writeAll()
      })
    },
    /** From now on one failure is enough: this process has no time left to wait. */
    stop(): void {
      stopping = true
    },
  }
}
