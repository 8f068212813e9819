import { measureStart } from '@levels/shared/bench/start-time.ts'
import { benchArmour } from './armour.ts'
import { benchCrossInstance } from './cross-instance.ts'
import { benchIdleSockets } from './idle-sockets.ts'
import { benchHood, benchInstances } from './instances.ts'
import { benchNginx } from './nginx.ts'
import { benchPushes } from './pushes.ts'
import { benchRefusals } from './refusals.ts'
import { type Services, startServices } from './services.ts'

/** `npm run bench 4`: across instances, to push services, and with many sockets. Each part on an empty database. */
export const parts = {
  idle: () => on(benchIdleSockets),
  cross: () => on(benchCrossInstance),
  pushes: () => on(benchPushes),
  armour: () => on(benchArmour),
  instances: () => on(benchInstances),
  refusals: () => on(benchRefusals),
  nginx: () => on(benchNginx),
  hood: () => on(benchHood),
  ready: () => measureStart('level-4', 2.5, { port: 3940, pagePort: 3980 }), // through the balancer
}

async function on(measure: (services: Services) => Promise<void>): Promise<void> {
  const services = await startServices()
  try {
    await measure(services)
  } finally {
    await services.stop()
  }
}
