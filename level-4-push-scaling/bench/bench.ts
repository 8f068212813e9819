import { benchCrossInstance } from './cross-instance.ts'
import { benchIdleSockets } from './idle-sockets.ts'
import { benchPushes } from './pushes.ts'
import { startServices } from './services.ts'

/** `npm run bench 4`: across instances, to push services, and with many sockets. */
export async function bench(): Promise<void> {
  const services = await startServices()
  try {
    await benchIdleSockets(services) // first: what the others leave in the logs would be sent to each new socket
    await benchCrossInstance(services)
    await benchPushes(services)
  } finally {
    await services.stop()
  }
}
