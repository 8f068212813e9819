import type { DeliveryChannel, Models } from '@levels/3-jwt-notifications/src/doors.ts'
import type { Log } from '@levels/shared/server/log.ts'
import type { Connection, Model } from 'mongoose'
import { type Alarm, createAlarm } from './alarm.ts'
import { createDecider, GATHER_MS } from './decide.ts'
import { Lanes } from './lanes.ts'
import { type DeliveryDoc, deliveryModel } from './model.ts'
import { createQueue } from './queue.ts'
import { createSender } from './send.ts'
import type { QueuedChannel } from './types.ts'

export interface DeliveriesOptions {
  db: Connection
  models: Pick<Models, 'Notification' | 'User'>
  /** This instance's name, for the records. */
  instance: string
  log: Log
}

export interface Deliveries {
  /** The records. */
  model: Model<DeliveryDoc>
  /** Makes a queued channel one of level 3's delivery channels. Before `start` only. */
  add(channel: QueuedChannel): DeliveryChannel
  /** There are due deliveries that were not made here. */
  wake(): void
  /** Builds the indexes and begins; resolves when notifications may be stored. */
  start(): Promise<void>
  /** Resolves within about 2 s; what could not be ended goes on elsewhere, or here after the next start. */
  stop(): Promise<void>
}

/**
 * Brings notifications to people who are not looking, and does not forget: what has to be done is in the database,
 * every instance works on it, and what one of them took with it when it died is taken up by another.
 *
 * It has two steps. Deciding: a notification that is due and unseen becomes one delivery for each place that it has
 * to reach. Sending: a delivery that is due is attempted, and again later if there is hope.
 */
export function createDeliveries({ db, models, instance, log }: DeliveriesOptions): Deliveries {
  const model = deliveryModel(db)
  const channels = new Map<string, QueuedChannel>()
  const deciders: { alarm: Alarm; buildIndexes(): Promise<void> }[] = []
  const lanes = new Lanes()
  const queue = createQueue({ instance, channels, lanes, models, deliveries: model })
  const sender = createSender({
    queue,
    channels,
    lanes,
    deliveries: model,
    log,
    wake: (at) => sending.wake(at),
  })
  const sending = createAlarm('Deliveries', sender.step, log)

  return {
    model,
    wake: () => sending.wake(),
    add(channel) {
      const onQueued = () => sending.wake()
      const { step, buildIndexes } = createDecider({ channel, models, deliveries: model, onQueued })
      const alarm = createAlarm(`Deciding about ${channel.name}`, step, log)
      channels.set(channel.name, channel)
      deciders.push({ alarm, buildIndexes })
      return {
        name: channel.name,
        plan(notification) {
          const plan = channel.plan(notification)
          return plan && { ...plan }
        },
        deliver(stored) {
          for (const { notification } of stored) {
            const plan = channel.plan(notification)
            if (plan) alarm.wake(plan.dueAt.getTime() + GATHER_MS)
          }
        },
      }
    },
    async start() {
      await Promise.all([model.createIndexes(), ...deciders.map((decider) => decider.buildIndexes())])
      for (const { alarm } of [...deciders, { alarm: sending }]) alarm.start()
    },
    async stop() {
      await Promise.all([...deciders.map(({ alarm }) => alarm.stop()), sending.stop(), sender.stop()])
    },
  }
}
