import { tooMany } from '@levels/shared/server/http-error.ts'
import { createTimer, type Timer } from '@levels/shared/server/timer.ts'
import { type Connection, type Model, Types } from 'mongoose'
import type { DeliveryResult, Log, Planned, QueuedChannel } from '../channel.ts'
import { createDecision, type DecisionParts } from './deliver.ts'
import { type DeliveryDoc, deliveryModel, newDelivery } from './model.ts'
import { createWorker } from './worker.ts'

/** How long after the first one is due to begin, in milliseconds: ten queries decide about one as about a hundred. */
const GATHER_MS = 100

/** How soon a user may ask for another test message, in milliseconds. */
const TEST_PAUSE_MS = 1_000

export interface DeliveriesOptions extends Pick<DecisionParts, 'notifications' | 'stillWanted'> {
  db: Connection
  log: Log
  /** In milliseconds: how often to look without being woken, and how long an attempt may be late before others take over. */
  patience?: { sweepMs: number; leaseMarginMs: number }
}

export type Deliveries = ReturnType<typeof createDeliveries>

/** Brings notifications to people who are not looking: decides what is due, and attempts what was decided. */
export function createDeliveries({
  db,
  notifications,
  stillWanted,
  log,
  patience: { sweepMs, leaseMarginMs } = { sweepMs: 5_000, leaseMarginMs: 5_000 },
}: DeliveriesOptions) {
  const model: Model<DeliveryDoc> = deliveryModel(db)
  const channels = new Map<string, QueuedChannel>()
  const wake = (at?: number) => attempting.wake(at)
  const worker = createWorker({ channels, notifications, stillWanted, model, log, leaseMarginMs, wake })
  const attempting = createTimer('Deliveries', worker.step, log, sweepMs)
  const timers: Timer[] = [attempting]

  /** Makes a queued channel one of level 3's delivery channels. Before `start` only. */
  function add(channel: QueuedChannel) {
    const decide = createDecision({ channel, notifications, deliveries: model, stillWanted })
    const step = async () => {
      const { queued, more, nextDueAt } = await decide()
      if (queued > 0) wake()
      return more ? Date.now() : nextDueAt && nextDueAt + GATHER_MS
    }
    const timer = createTimer(`Deciding about ${channel.name}`, step, log, sweepMs)
    channels.set(channel.name, channel)
    timers.push(timer)
    return {
      name: channel.name,
      plan: (notification: Planned) => channel.plan(notification),
      deliver(stored: readonly { notification: Planned }[]): void {
        for (const { notification } of stored) {
          const plan = channel.plan(notification)
          if (plan) timer.wake(plan.dueAt.getTime() + GATHER_MS)
        }
      },
    }
  }

  return {
    model,
    add,
    /** There are due deliveries that were not made here. */
    wake,

    /** How many deliveries of this channel to this target were made since then. */
    countSince: (channel: string, target: string, since: Date) =>
      model.countDocuments({ channel, target, createdAt: { $gt: since } }),

    /** The last delivery to each of these places that was for this user. */
    async lastTo(targets: string[], userId: string) {
      const found = await Promise.all(
        targets.map((target) => model.findOne({ target, userId }).sort({ _id: -1 }).lean()),
      )
      return found.flatMap((one) => (one ? [toResult(one)] : []))
    },

    /** The deliveries of one test message of this user's. */
    async testResults(notificationId: string, userId: string) {
      return (await model.find({ notificationId, userId, test: true }).lean()).map(toResult)
    },

    /** The account is gone: so is what was on its way to it. */
    forgetUser: async (userId: string) => void (await model.deleteMany({ userId })),

    /** Queues a test message to these places, like any other notification. Returns its id. Throws HttpError 429. */
    async sendTest(channel: string, userId: string, targets: readonly { id: string; service: string }[]) {
      const now = new Date()
      const target = { $in: targets.map(({ id }) => id) }
      const createdAt = { $gt: new Date(now.getTime() - TEST_PAUSE_MS) }
      const isTooSoon = await model.exists({ target, createdAt, test: true })
      if (isTooSoon) throw tooMany(TEST_PAUSE_MS, 'Too many tests')
      const notificationId = new Types.ObjectId()
      const each = { channel, notificationId, userId: new Types.ObjectId(userId), test: true }
      const rows = targets.map(({ id, service }) => newDelivery({ ...each, target: id, service }, now))
      await model.insertMany(rows)
      wake()
      return notificationId.toHexString()
    },

    /** Builds the indexes and begins; resolves when notifications may be stored. */
    async start(): Promise<void> {
      const dueIndexes = [...channels.keys()].map((name) =>
        notifications.createIndex({ [`channels.${name}.dueAt`]: 1 }, { sparse: true }),
      )
      await Promise.all([model.createIndexes(), ...dueIndexes])
      for (const timer of timers) timer.start()
    },

    /** Resolves within about 2 s; what could not be ended goes on elsewhere, or here after the next start. */
    async stop(): Promise<void> {
      await Promise.all([...timers.map((timer) => timer.stop()), worker.stop()])
    },
  }
}

function toResult({ notificationId, target, service, state, lastError, ...at }: DeliveryDoc): DeliveryResult {
  const { finishedAt, createdAt } = at
  return { id: String(notificationId), target, service, state, error: lastError, at: finishedAt ?? createdAt }
}
