import { randomUUID } from 'node:crypto'
import { isDuplicateKey, type Models, type NotificationDoc } from '@levels/3-jwt-notifications/src/doors.ts'
import { type Model, Types } from 'mongoose'
import type { DeliveryDoc } from './model.ts'
import type { QueuedChannel, Target } from './types.ts'
import { keepWanted } from './wanted.ts'

const BATCH = 100

/** How long after the first one is due to begin, in milliseconds: what comes close behind is decided with it. */
export const GATHER_MS = 25

/** A range has a beginning, and a query for a range of times finds its index. */
const EVER = new Date(0)

/** How long a batch may take. After that its instance counts as dead, and another one takes the batch. */
const LEASE_MS = 15_000

interface DeciderOptions {
  channel: QueuedChannel
  models: Pick<Models, 'Notification' | 'User'>
  deliveries: Model<DeliveryDoc>
  /** There are new deliveries. */
  onQueued(): void
}

/**
 * A step that decides about notifications that are due in one channel: whoever has not seen one gets a delivery for
 * each of their places. Answers when the next one is due (epoch milliseconds), as far as the database knows.
 *
 * Claiming moves the due time into the future. So one field, in one index, says both "due" and "the lease ended",
 * and a crash needs no cure: it only delays. A decision made twice changes nothing, deliveries being unique.
 */
export function createDecider({ channel, models, deliveries, onQueued }: DeciderOptions) {
  const { Notification } = models
  const dueAt = `channels.${channel.name}.dueAt`
  const claimedBy = `channels.${channel.name}.claimedBy`

  /** Of any number of instances that see the same due notifications, each gets those that it was first to move. */
  async function claim(token: string): Promise<NotificationDoc[]> {
    const now = new Date()
    const isDue = { [dueAt]: { $lte: now } }
    const due = await Notification.find(isDue, { _id: 1 })
      .sort({ [dueAt]: 1 })
      .limit(BATCH)
      .lean()
    const ids = due.map(({ _id }) => _id)
    if (ids.length === 0) return []
    const lease = new Date(now.getTime() + LEASE_MS)
    await Notification.updateMany(
      { _id: { $in: ids }, ...isDue },
      { $set: { [dueAt]: lease, [claimedBy]: token } },
    )
    return Notification.find({ _id: { $in: ids }, [claimedBy]: token }).lean()
  }

  async function decide(batch: NotificationDoc[], token: string): Promise<void> {
    const wanted = await keepWanted(models, channel.name, batch)
    const targets = wanted.length > 0 ? await channel.targets(wanted) : []
    if (targets.length > 0) await queue(targets)
    await Notification.updateMany(
      { _id: { $in: batch.map(({ _id }) => _id) }, [claimedBy]: token },
      { $unset: { [dueAt]: 1, [claimedBy]: 1 } },
    )
  }

  async function queue(targets: Target[]): Promise<void> {
    const now = new Date()
    const rows = targets.map(({ notification, id, lane }) => ({
      _id: new Types.ObjectId(),
      channel: channel.name,
      notificationId: notification._id,
      userId: notification.userId,
      target: id,
      lane,
      state: 'pending' as const,
      attempts: 0,
      nextAttemptAt: now,
      createdAt: now,
    }))
    await deliveries.insertMany(rows, { ordered: false, lean: true }).catch(ignoreRepeats)
    onQueued()
  }

  async function nextDueAt(): Promise<number | undefined> {
    const next = await Notification.findOne({ [dueAt]: { $gt: EVER } }, { channels: 1 })
      .sort({ [dueAt]: 1 })
      .lean()
    const at = next?.channels?.[channel.name]?.dueAt
    return at instanceof Date ? at.getTime() + GATHER_MS : undefined
  }

  return {
    /** What the step's queries need. */
    async buildIndexes(): Promise<void> {
      await Notification.collection.createIndex({ [dueAt]: 1 }, { sparse: true })
    },

    async step(): Promise<number | undefined> {
      const token = randomUUID()
      const batch = await claim(token)
      if (batch.length === 0) return nextDueAt()
      await decide(batch, token)
      return Date.now()
    },
  }
}

/** After a takeover some of the deliveries are there already: the others were inserted all the same. */
function ignoreRepeats(error: unknown): void {
  const all = error instanceof Error && 'writeErrors' in error ? error.writeErrors : undefined
  const others = Array.isArray(all) ? all.filter((one: { code?: number }) => one.code !== 11_000) : []
  if (!isDuplicateKey(error) || others.length > 0) throw error
}
