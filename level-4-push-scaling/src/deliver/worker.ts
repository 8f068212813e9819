import { setTimeout as sleep } from 'node:timers/promises'
import type { Model } from 'mongoose'
import type { Attempt, DueNotification, Log, Outcome, QueuedChannel, Work } from '../channel.ts'
import { createLease, type DecisionParts, type Due, recordOf } from './deliver.ts'
import type { DeliveryDoc } from './model.ts'
import { createRecorder, released } from './recorder.ts'

/** Between two claims, in milliseconds: a claim asks the database as much for one delivery as for a hundred. */
const GATHER_MS = 10

/** After the database was away: time for those who have sent meanwhile to say so, before others take over. */
const AFTER_OUTAGE_MS = 1_000

/** At a stop: how long what is under way may take to end, and then to be broken off. */
const LAST_ANSWERS_MS = 1_500
const BREAK_OFF_MS = 500

interface WorkerParts extends Pick<DecisionParts, 'notifications' | 'stillWanted'> {
  channels: ReadonlyMap<string, QueuedChannel>
  model: Model<DeliveryDoc>
  log: Log
  /** Beyond its longest attempt, how long an instance may hold a delivery before it counts as dead, in milliseconds. */
  leaseMarginMs: number
  /** There may be something to do at this time (epoch milliseconds; now by default). */
  wake(at?: number): void
}

/** A delivery that is this instance's until its lease ends; without an attempt there is nothing to do any more. */
interface Claimed {
  delivery: DeliveryDoc
  channel: QueuedChannel
  attempt: Attempt | undefined
}

/** Attempts the deliveries that are due: many at once, bounded for each service, so that one that hangs delays no other. */
export function createWorker(parts: WorkerParts) {
  const { channels, notifications, stillWanted, model, log, leaseMarginMs, wake } = parts
  const lease = createLease<DeliveryDoc>(model.collection, 'nextAttemptAt', 'claimedBy')
  const recorder = createRecorder(model.collection, log)
  /** How many attempts are under way at each service, until it has answered, and the services that have no room for more. */
  const underWay = new Map<string, number>()
  const full = new Set<string>()
  const running = new Set<Promise<void>>()
  let stopping = false
  let databaseWasAway = false

  /** Those at services that have room. */
  function withRoom() {
    return { channel: { $in: [...channels.keys()] }, ...(full.size > 0 && { service: { $nin: [...full] } }) }
  }

  function change(service: string, by: 1 | -1, limit: number): void {
    const count = (underWay.get(service) ?? 0) + by
    if (count > 0) underWay.set(service, count)
    else underWay.delete(service)
    if (count >= limit) full.add(service)
    else full.delete(service)
  }

  function fitting(due: Due[]): Due[] {
    const chosen = new Map<string, number>()
    return due.filter(({ channel, service }) => {
      const before = chosen.get(service) ?? 0
      chosen.set(service, before + 1)
      return before + (underWay.get(service) ?? 0) < (channels.get(channel)?.concurrency ?? 0)
    })
  }

  async function claim() {
    const all = [...channels.values()]
    const longestAttemptMs = Math.max(...all.map(({ attemptMs }) => attemptMs))
    const { documents } = await lease.take(longestAttemptMs + leaseMarginMs, withRoom(), fitting)
    const batches = all.map((channel) => {
      const batch = documents.filter((delivery) => delivery.channel === channel.name)
      return batch.length > 0 ? prepare(channel, batch) : []
    })
    return (await Promise.all(batches)).flat()
  }

  /** The attempts at these deliveries, leaving out notifications that were seen while they waited. */
  async function prepare(channel: QueuedChannel, batch: DeliveryDoc[]): Promise<Claimed[]> {
    const ids = batch.filter(({ test }) => !test).map(({ notificationId }) => notificationId)
    const found = await notifications.find<DueNotification>({ _id: { $in: ids } }).toArray()
    const wanted = new Map((await stillWanted(channel.name, found)).map((one) => [String(one._id), one]))
    const works = batch.map((delivery) => {
      return { delivery, notification: wanted.get(String(delivery.notificationId)) } satisfies Work
    })
    const open = works.filter(({ delivery, notification }) => delivery.test || notification)
    const attempts = new Map((await channel.prepare(open)).map((attempt, index) => [open[index], attempt]))
    return works.map((work) => ({ delivery: work.delivery, channel, attempt: attempts.get(work) }))
  }

  function start(claimed: Claimed): void {
    const [{ service }, { concurrency }] = [claimed.delivery, claimed.channel]
    change(service, 1, concurrency)
    const outcome = outcomeOf(claimed).finally(() => {
      const wasFull = full.has(service)
      change(service, -1, concurrency)
      if (wasFull) wake(Date.now() + GATHER_MS)
    })
    const job = record(claimed.delivery, outcome)
      .catch((error: unknown) => log.error(`Delivery ${claimed.delivery._id}: ${error}`))
      .finally(() => running.delete(job))
    running.add(job)
  }

  async function record(delivery: DeliveryDoc, attempted: Promise<Outcome | undefined>): Promise<void> {
    const outcome = await attempted
    // What our own stop broke off says nothing about the other side.
    const isReleased = outcome === undefined || (stopping && outcome.kind === 'retry')
    const update = isReleased ? released() : recordOf(delivery.attempts + 1, outcome)
    await recorder.record(delivery, update)
    const again = update.$set?.nextAttemptAt
    if (again instanceof Date) wake(again.getTime())
  }

  /** Undefined when no attempt was made. */
  async function outcomeOf({ delivery, channel, attempt }: Claimed): Promise<Outcome | undefined> {
    if (!attempt) return { kind: 'cancelled', reason: 'Seen, read or deleted before it was sent.' }
    const leaseEndsAt = delivery.nextAttemptAt?.getTime() ?? 0
    // This process stood still (a suspended laptop, a paused container): by the end, another one may have taken it.
    if (stopping || leaseEndsAt - Date.now() < channel.attemptMs) return undefined
    return attempt().catch((error: unknown): Outcome => ({ kind: 'retry', reason: String(error) }))
  }

  return {
    /** Starts what is due and has room, without waiting for its end; returns when to come again. */
    async step(): Promise<number | undefined> {
      if (databaseWasAway) {
        await lease.nextDueAt(withRoom())
        databaseWasAway = false
        return Date.now() + AFTER_OUTAGE_MS
      }
      try {
        const claimed = await claim()
        for (const one of claimed) start(one)
        return claimed.length > 0 ? Date.now() + GATHER_MS : await lease.nextDueAt(withRoom())
      } catch (error) {
        databaseWasAway = true
        throw error
      }
    },

    /** Lets what is under way end, breaks off what does not, and gives that back to other instances. */
    async stop(): Promise<void> {
      stopping = true
      recorder.stop()
      const allEnded = async () => void (await Promise.all(running))
      await Promise.race([allEnded(), sleep(LAST_ANSWERS_MS, undefined, { ref: false })])
      for (const channel of channels.values()) channel.close()
      await Promise.race([allEnded(), sleep(BREAK_OFF_MS, undefined, { ref: false })])
    },
  }
}
