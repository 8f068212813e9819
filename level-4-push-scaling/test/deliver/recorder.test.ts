import { createLog, type Log } from '@levels/shared/server/log.ts'
import { type Collection, Types } from 'mongoose'
import { expect, test } from 'vitest'
import { recordOf } from '../../src/deliver/deliver.ts'
import type { DeliveryDoc } from '../../src/deliver/model.ts'
import { createRecorder, released } from '../../src/deliver/recorder.ts'

const delivery = (): DeliveryDoc => ({
  _id: new Types.ObjectId(),
  channel: 'push',
  notificationId: new Types.ObjectId(),
  userId: new Types.ObjectId(),
  target: 'browser',
  service: 'push.example',
  state: 'pending',
  attempts: 0,
  createdAt: new Date(),
  claimedBy: 'one',
})

/** A collection whose first writes fail, as while the database restarts. */
function collectionThatFails(times: number) {
  const written: string[] = []
  let left = times
  const collection = {
    async bulkWrite(updates: { updateOne: { filter: DeliveryDoc } }[]) {
      left -= 1
      if (left >= 0) throw new Error('connection refused')
      written.push(...updates.map(({ updateOne }) => String(updateOne.filter._id)))
    },
  }
  return { collection: collection as unknown as Collection, written }
}

const sent = recordOf(1, { kind: 'sent' })

test('what was sent while the database was away is written down when it is back', async () => {
  const { collection, written } = collectionThatFails(3)
  const warnings: string[] = []
  const log: Log = { ...createLog('silent'), warn: (line) => void warnings.push(line) }
  const recorder = createRecorder(collection, log)
  const deliveries = [delivery(), delivery(), delivery()]
  await Promise.all(deliveries.map((one) => recorder.record(one, sent)))
  expect(written).toEqual(deliveries.map(({ _id }) => String(_id)))
  expect(warnings).toEqual(['Deliveries: 1 outcomes cannot be written down yet: Error: connection refused'])
})

test('a server that stops does not wait for a database that is away', async () => {
  const { collection, written } = collectionThatFails(Number.POSITIVE_INFINITY)
  const recorder = createRecorder(collection, createLog('silent'))
  const waiting = recorder.record(delivery(), sent)
  recorder.stop()
  await waiting
  expect(written).toEqual([])
})

test('a delivery that was broken off by a stop is due again at once, and the attempt does not count', () => {
  const now = Date.now()
  expect(released(now)).toEqual({
    $set: { nextAttemptAt: new Date(now) },
    $unset: { claimedBy: 1 },
  })
})
