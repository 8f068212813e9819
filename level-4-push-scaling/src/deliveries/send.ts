import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '@levels/shared/server/log.ts'
import type { Model } from 'mongoose'
import type { Lanes } from './lanes.ts'
import type { DeliveryDoc } from './model.ts'
import type { Claimed, createQueue } from './queue.ts'
import { createSettler, settlementOf } from './settle.ts'
import type { Outcome, QueuedChannel } from './types.ts'

/** After the database was away: time for those who have sent meanwhile to say so, before others take over. */
const AFTER_OUTAGE_MS = 1_000

/** How long attempts that are under way may take to end when the server stops, and then to be broken off. */
const LAST_ANSWERS_MS = 1_500
const BREAK_OFF_MS = 500

interface SenderOptions {
  queue: ReturnType<typeof createQueue>
  channels: ReadonlyMap<string, QueuedChannel>
  lanes: Lanes
  deliveries: Model<DeliveryDoc>
  log: Log
  /** There may be something to do at this time (epoch milliseconds; now by default). */
  wake(at?: number): void
}

/** A step that starts the attempts that are due and have room; it does not wait for their end. */
export function createSender({ queue, channels, lanes, deliveries, log, wake }: SenderOptions) {
  const settler = createSettler(deliveries, log)
  const running = new Set<Promise<void>>()
  let stopping = false
  let databaseWasAway = false

  async function run({ delivery, channel, attempt }: Claimed): Promise<void> {
    const outcome = await resultOf(delivery, channel, attempt)
    // Broken off by our own stop: that says nothing about the other side, so it does not count.
    const kept = stopping && outcome.kind === 'retry' ? ({ kind: 'released' } as const) : outcome
    const update = settlementOf(delivery.attempts + 1, kept)
    await settler.settle(delivery, update)
    const again = update.$set?.nextAttemptAt
    if (again instanceof Date) wake(again.getTime())
  }

  async function resultOf(
    { nextAttemptAt: lease }: DeliveryDoc,
    { attemptMs }: QueuedChannel,
    attempt: Claimed['attempt'],
  ): Promise<Outcome | { kind: 'released' }> {
    if (!attempt) return { kind: 'cancelled', reason: 'Seen, read or deleted before it was sent.' }
    if (stopping) return { kind: 'released' }
    // This process stood still (a suspended laptop, a paused container): by the end, others may have it.
    if (!lease || lease.getTime() - Date.now() < attemptMs) return { kind: 'released' }
    try {
      return await attempt()
    } catch (error) {
      return { kind: 'retry', reason: String(error) }
    }
  }

  function start(claimed: Claimed): void {
    const { lane } = claimed.delivery
    lanes.enter(lane, claimed.channel.perLane)
    const job = run(claimed)
      .catch((error: unknown) => log.error(`Delivery ${claimed.delivery._id}: ${error}`))
      .finally(() => {
        running.delete(job)
        const wasFull = lanes.full.includes(lane)
        lanes.leave(lane)
        if (wasFull) wake()
      })
    running.add(job)
  }

  return {
    async step(): Promise<number | undefined> {
      if (databaseWasAway) {
        await queue.nextDueAt()
        databaseWasAway = false
        return Date.now() + AFTER_OUTAGE_MS
      }
      try {
        const claimed = await queue.claim()
        for (const one of claimed) start(one)
        return claimed.length > 0 ? Date.now() : await queue.nextDueAt()
      } catch (error) {
        databaseWasAway = true
        throw error
      }
    },

    /** Lets what is under way end, breaks off what does not, and gives that back to other instances. */
    async stop(): Promise<void> {
      stopping = true
      settler.stop()
      const allEnded = async () => void (await Promise.all(running))
      await Promise.race([allEnded(), sleep(LAST_ANSWERS_MS, undefined, { ref: false })])
      for (const channel of channels.values()) channel.close()
      await Promise.race([allEnded(), sleep(BREAK_OFF_MS, undefined, { ref: false })])
    },
  }
}
