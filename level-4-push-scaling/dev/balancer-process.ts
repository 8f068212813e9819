import { completeEnvironment } from '@levels/shared/server/environment.ts'
import { createLog, readLogLevel } from '@levels/shared/server/log.ts'
import { listen, urlOf } from '@levels/shared/server/run.ts'
import { onShutdown } from '@levels/shared/server/shutdown.ts'
import { createBalancer } from './balancer.ts'
import type { Ready } from './keep-running.ts'

// The balancer as a process of its own: `PORT` is where it listens, `TARGET_PORTS` where the instances do.
const { HOST: host = '127.0.0.1', PORT, TARGET_PORTS = '' } = await completeEnvironment()
const targets = TARGET_PORTS.split(',').map((port) => ({ host, port: Number(port) }))
const balancer = createBalancer(targets, createLog(readLogLevel(process.env)))
onShutdown(balancer.close)
try {
  await listen(balancer.server, { host, port: Number(PORT) })
  process.send?.({ ready: urlOf(balancer.server), services: [] } satisfies Ready)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
