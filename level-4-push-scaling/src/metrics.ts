import { hash, timingSafeEqual } from 'node:crypto'
import { bearerToken } from '@levels/shared/server/api/admit.ts'
import type { DefineRoute } from '@levels/shared/server/api/route.ts'
import { HttpError } from '@levels/shared/server/respond.ts'
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { DeliveryStats } from './events.ts'

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
  const delay = gauge('delivery_delay_seconds', 'From due to accepted, of the last 1,000', [
    'channel',
    'quantile',
  ])
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
