import express, { type Router } from 'express'
import { within } from '../within.ts'

/** Whether something this server depends on is there. */
export type Check = () => boolean | Promise<boolean>

/** How long a check may take, in milliseconds: a service that hangs is as good as away. */
const PATIENCE_MS = 1_000

/**
 * `/healthz`: this process is alive, do not restart it. `/readyz`: it can do its work, send it visitors. Two routes,
 * because restarting a server does not bring its database back.
 */
export function healthRouter(checks: Record<string, Check>, instance?: string): Router {
  const router = express.Router()
  router.get('/healthz', (_req, res) => void res.json({ status: 'ok' }))
  router.get('/readyz', async (_req, res) => {
    const results = await Promise.all(
      Object.entries(checks).map(
        async ([name, check]) => [name, (await passes(check)) ? 'up' : 'down'] as const,
      ),
    )
    const ready = results.every(([, state]) => state === 'up')
    res.status(ready ? 200 : 503).json({
      status: ready ? 'ready' : 'unready',
      checks: Object.fromEntries(results),
      ...(instance !== undefined && { instance }),
    })
  })
  return router
}

async function passes(check: Check): Promise<boolean> {
  return within(PATIENCE_MS, Promise.resolve().then(check), new Error('too late')).catch(() => false)
}
