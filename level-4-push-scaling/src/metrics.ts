import { createHash, timingSafeEqual } from 'node:crypto'
import type { DefineRoute } from '@levels/shared/server/api/route.ts'
import { HttpError } from '@levels/shared/server/respond.ts'
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { DeliveryStats } from './events.ts'

export interface MetricsOptions {
  token: string
  stats(): Promise<DeliveryStats>
  /** The sockets of this instance. */
  countSockets(): number
}

/**
 * `GET /metrics` in Prometheus' text format, for whoever shows the token. Numbers of this process are its own; those of
 * deliveries come from the database, and are the same at each instance.
 */
export function defineMetricsRoute(route: DefineRoute, { token, stats, countSockets }: MetricsOptions): void {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  new Gauge({
    name: 'sockets_connected',
    help: 'Sockets of this instance',
    registers,
    collect() {
      this.set(countSockets())
    },
  })
  const deliveries = new Gauge({
    name: 'deliveries_last_day',
    help: 'Deliveries made in the last 24 hours',
    labelNames: ['channel', 'state'],
    registers,
  })
  const delay = new Gauge({
    name: 'delivery_delay_seconds',
    help: 'From due to accepted by the service, of the last 1,000 that were sent',
    labelNames: ['channel', 'quantile'],
    registers,
  })
  const oldest = new Gauge({
    name: 'delivery_oldest_pending_seconds',
    help: 'Age of the oldest delivery that is not finished; 0 when there is none',
    registers,
  })

  route('GET /metrics', {
    summary: "Numbers for Prometheus; the Bearer token is the server's METRICS_TOKEN",
    access: 'public',
    status: 200,
    async handle({ req, res }) {
      const shown = /^Bearer +(.+)$/i.exec(req.headers.authorization ?? '')?.[1] ?? ''
      if (!isSame(shown, token))
        throw new HttpError(401, 'token_invalid', 'Show the METRICS_TOKEN as a Bearer token.')
      const { channels, oldestPendingMs } = await stats()
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

/** In the same time whatever is shown: by hashes, which have one length. */
function isSame(shown: string, token: string): boolean {
  const [a, b] = [shown, token].map((text) => createHash('sha256').update(text).digest())
  return a !== undefined && b !== undefined && timingSafeEqual(a, b)
}
