import { hash, timingSafeEqual } from 'node:crypto'
import { bearerToken } from '@levels/shared/server/api/admit.ts'
import type { DefineRoute } from '@levels/shared/server/api/route.ts'
import { HttpError } from '@levels/shared/server/respond.ts'
import { type Model, Types } from 'mongoose'
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { DeliveryStats } from '../events.ts'
import type { DeliveryDoc } from './model.ts'

const HOUR_MS = 3_600_000
const HOURS = 24

/** The delays are those of so many that were sent last: enough for a 95th percentile, however busy the server is. */
const SAMPLE = 1_000

type Counts = Pick<DeliveryStats['channels'][number], 'channel' | 'sent' | 'failed' | 'pending'>

/** The last 24 hours of deliveries in numbers; test messages count, cancelled ones do not. Throws when the database is away. */
export async function readStats(model: Model<DeliveryDoc>, now = Date.now()): Promise<DeliveryStats> {
  const first = new Date(Math.floor(now / HOUR_MS) * HOUR_MS - (HOURS - 1) * HOUR_MS)
  const [groups, oldest] = await Promise.all([
    model.aggregate<{ _id: { channel: string; state: DeliveryDoc['state']; hour: Date }; count: number }>([
      { $match: { createdAt: { $gte: first }, state: { $ne: 'cancelled' } } },
      { $group: { _id: { channel: '$channel', state: '$state', hour: '$hour' }, count: { $sum: 1 } } },
    ]),
    model.findOne({ state: { $in: ['pending', 'retrying'] } }, {}, { sort: { createdAt: 1 } }).lean(),
  ])

  const hours = new Map<string, DeliveryStats['hours'][number]>()
  const totals = new Map<string, Counts>()
  for (const { _id, count } of groups) {
    const { channel } = _id
    const hour = _id.hour.toISOString()
    const none = { channel, sent: 0, failed: 0, pending: 0 }
    const inHour = hours.get(hour + channel) ?? { hour, ...none }
    const inTotal = totals.get(channel) ?? none
    hours.set(hour + channel, inHour)
    totals.set(channel, inTotal)
    const as = _id.state === 'sent' || _id.state === 'failed' ? _id.state : 'pending'
    for (const counts of [inHour, inTotal]) counts[as] += count
  }
  const channels = [...totals.values()].sort((a, b) => a.channel.localeCompare(b.channel))
  return {
    hours: [...hours.values()].sort((a, b) => (a.hour + a.channel).localeCompare(b.hour + b.channel)),
    channels: await Promise.all(
      channels.map(async (counts) => ({ ...counts, ...(await delaysOf(model, counts.channel, first)) })),
    ),
    oldestPendingMs: oldest && now - oldest.createdAt.getTime(),
  }
}

/** From made (when it was due) to accepted. By ids, which begin with their time: older ones are not even read. */
async function delaysOf(model: Model<DeliveryDoc>, channel: string, first: Date) {
  const _id = { $gte: Types.ObjectId.createFromTime(first.getTime() / 1_000) }
  const ofTheDay = { state: 'sent' as const, channel, _id }
  const sent = await model.find(ofTheDay, {}, { sort: { _id: -1 }, limit: SAMPLE }).lean()
  const delays = sent
    .flatMap(({ createdAt, finishedAt }) => (finishedAt ? [finishedAt.getTime() - createdAt.getTime()] : []))
    .sort((a, b) => a - b)
  return { medianDelayMs: quantile(delays, 0.5), p95DelayMs: quantile(delays, 0.95) }
}

/** The smallest value that at least `share` of them do not exceed (nearest rank); null of nothing. */
function quantile(sorted: number[], share: number): number | null {
  return sorted[Math.ceil(share * sorted.length) - 1] ?? null
}

/**
 * `GET /metrics` in Prometheus' text format, for whoever shows the token. Numbers of this process are its own; those of
 * deliveries come from the database, and are the same at each instance.
 */
export function defineMetricsRoute(
  route: DefineRoute,
  token: string,
  stats: () => Promise<DeliveryStats>,
  countSockets: () => number,
): void {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry] })
  const sockets = gauge('sockets_connected', 'Sockets of this instance')
  const deliveries = gauge('deliveries_last_day', 'Deliveries of the last 24 hours', ['channel', 'state'])
  const delay = gauge('delivery_delay_seconds', 'From due to accepted', ['channel', 'quantile'])
  const oldest = gauge('delivery_oldest_pending_seconds', 'Age of the oldest one that is not finished; or 0')

  route('GET /metrics', {
    summary: "Numbers for Prometheus; the Bearer token is the server's METRICS_TOKEN",
    access: 'public',
    status: 200,
    async handle({ req, res }) {
      const shown = bearerToken(req) ?? ''
      if (!timingSafeEqual(sha256(shown), sha256(token)))
        throw new HttpError(401, 'token_invalid', 'Show the METRICS_TOKEN as a Bearer token.')
      const { channels, oldestPendingMs } = await stats()
      sockets.set(countSockets())
      deliveries.reset()
      delay.reset()
      for (const { channel, sent, failed, pending, medianDelayMs, p95DelayMs } of channels) {
        for (const [state, count] of Object.entries({ sent, failed, pending }))
          deliveries.set({ channel, state }, count)
        if (medianDelayMs !== null) delay.set({ channel, quantile: '0.5' }, medianDelayMs / 1_000)
        if (p95DelayMs !== null) delay.set({ channel, quantile: '0.95' }, p95DelayMs / 1_000)
      }
      oldest.set((oldestPendingMs ?? 0) / 1_000)
      res.type(registry.contentType).send(await registry.metrics())
    },
  })
}

const sha256 = (text: string) => hash('sha256', text, 'buffer')
