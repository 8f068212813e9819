import { benchCrossInstance } from './cross-instance.ts'
import { benchIdleSockets } from './idle-sockets.ts'
import { benchPushes } from './pushes.ts'
import { startServices } from './services.ts'

/** `npm run bench 4`: across instances, to push services, and with many sockets. */
export async function bench(): Promise<void> {
  const services = await startServices()
  try {
    await benchCrossInstance(services)
    await benchIdleSockets(services) // before the next one fills a log, which each new socket would be sent
    await benchPushes(services)
  } finally {
    await services.stop()
  }
}
