import type { Env } from '@levels/shared/server/config.ts'
import type { Options } from '../src/server.ts'
import { createKill } from './kill.ts'
import { phoneRoutes } from './phone-routes.ts'

/** What an instance has in development only: the button that kills it, and practice phones. */
export function createExperiments(instance: string, env: Env) {
  const kill = createKill(instance)
  const routes: NonNullable<Options['routes']> = (tools, io) => {
    kill.routes(tools, io)
    phoneRoutes(tools.route, env)
  }
  return { routes, listen: kill.listen }
}

/** Without a `REDIS_URL`, one for development that ends with this process; loaded when it is used. */
export const openRedis = async () => (await import('@levels/embedded-redis')).startRedis()
