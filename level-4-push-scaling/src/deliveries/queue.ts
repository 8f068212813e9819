import { randomUUID } from 'node:crypto'
import type { Models } from '@levels/3-jwt-notifications/src/doors.ts'
import type { Model } from 'mongoose'
import type { Lanes } from './lanes.ts'
import type { DeliveryDoc } from './model.ts'
import type { Attempt, QueuedChannel, Work } from './types.ts'
import { keepWanted } from './wanted.ts'

const BATCH = 100

/** Beyond its longest attempt, how long an instance may hold a delivery before it counts as dead. */
const LEASE_MARGIN_MS = 5_000

interface QueueOptions {
  instance: string
  channels: ReadonlyMap<string, QueuedChannel>
  lanes: Lanes
  models: Pick<Models, 'Notification' | 'User'>
  deliveries: Model<DeliveryDoc>
}

/** A delivery that is this instance's until its lease ends; without an attempt there is nothing to do any more. */
export interface Claimed {
  delivery: DeliveryDoc
  channel: QueuedChannel
  attempt: Attempt | undefined
}

/** The deliveries that are due, in the database. */
export function createQueue({ instance, channels, lanes, models, deliveries }: QueueOptions) {
  const { Notification } = models
  const longestAttempt = () => Math.max(...[...channels.values()].map(({ attemptMs }) => attemptMs))

  /** Those in lanes that have room. */
  function ready() {
    const { full } = lanes
    return { channel: { $in: [...channels.keys()] }, ...(full.length > 0 && { lane: { $nin: full } }) }
  }

  /** Takes what is due and has room. Of any number of instances, the first to move one's due time has it. */
  async function take(): Promise<DeliveryDoc[]> {
    const now = Date.now()
    const isDue = { nextAttemptAt: { $lte: new Date(now) } }
    const due = await deliveries
      .find({ ...isDue, ...ready() }, { channel: 1, lane: 1 })
      .sort({ nextAttemptAt: 1 })
      .limit(BATCH)
      .lean()
    const ids = fitting(due).map(({ _id }) => _id)
    if (ids.length === 0) return []
    const claimedBy = `${instance} ${randomUUID()}`
    const nextAttemptAt = new Date(now + longestAttempt() + LEASE_MARGIN_MS)
    await deliveries.updateMany({ _id: { $in: ids }, ...isDue }, { $set: { nextAttemptAt, claimedBy } })
    return deliveries.find({ _id: { $in: ids }, claimedBy }).lean()
  }

  function fitting(due: Pick<DeliveryDoc, '_id' | 'channel' | 'lane'>[]) {
    const chosen = new Map<string, number>()
    return due.filter(({ channel, lane }) => {
      const before = chosen.get(lane) ?? 0
      chosen.set(lane, before + 1)
      return before < lanes.room(lane, channels.get(channel)?.perLane ?? 0)
    })
  }

  /** The attempts at these deliveries, leaving out notifications that were seen while they waited. */
  async function prepare(channel: QueuedChannel, batch: DeliveryDoc[]): Promise<Claimed[]> {
    const ids = batch.filter(({ test }) => !test).map(({ notificationId }) => notificationId)
    const found = ids.length > 0 ? await Notification.find({ _id: { $in: ids } }).lean() : []
    const wanted = new Map(
      (await keepWanted(models, channel.name, found)).map((notification) => [
        String(notification._id),
        notification,
      ]),
    )
    const works: Work[] = batch.map((delivery) => ({
      delivery,
      notification: wanted.get(String(delivery.notificationId)),
    }))
    const open = works.filter(({ delivery, notification }) => delivery.test || notification)
    const attempts = await channel.prepare(open)
    return works.map((work) => ({
      delivery: work.delivery,
      channel,
      attempt: attempts[open.indexOf(work)],
    }))
  }

  return {
    /** An empty list when nothing is due that has room. */
    async claim(): Promise<Claimed[]> {
      const taken = await take()
      const prepared = [...channels.values()].map((channel) => {
        const batch = taken.filter((delivery) => delivery.channel === channel.name)
        return batch.length > 0 ? prepare(channel, batch) : []
      })
      return (await Promise.all(prepared)).flat()
    },

    /** When the next one that has room is due, in epoch milliseconds. */
    async nextDueAt(): Promise<number | undefined> {
      const next = await deliveries
        .findOne({ nextAttemptAt: { $gt: new Date(0) }, ...ready() }, { nextAttemptAt: 1 })
        .sort({ nextAttemptAt: 1 })
        .lean()
      return next?.nextAttemptAt?.getTime()
    },
  }
}
