import {
  createServer as createLevel3Server,
  createModels,
  type Level3Server,
} from '@levels/3-jwt-notifications/src/doors.ts'
import type { Log } from '@levels/shared/server/log.ts'
import type { Page } from '@levels/shared/server/page.ts'
import type { Connection } from 'mongoose'
import { createInstanceAdapter } from './adapter.ts'
import type { Config } from './config.ts'
import { createDeliveries } from './deliveries/index.ts'
import { defineDeliveryRoutes } from './deliveries/routes.ts'
import { createEmail } from './email/index.ts'
import { createGapWatch } from './gaps.ts'
import { defineKillRoute, obeyKills } from './kill-route.ts'
import { sendLoginAlerts } from './login-alert.ts'
import { createPush } from './push/index.ts'
import type { RedisConnections } from './redis.ts'
import { createSingleFlight } from './single-flight.ts'

export interface Options {
  config: Config
  /** Connected. */
  db: Connection
  /** Connected. */
  redis: RedisConnections
  log: Log
  page?: Page
}

/**
 * Level 4 is level 3 and, through the doors it leaves open: two more channels (web push, email), an adapter that
 * reaches the sockets of the other instances, and further routes. Resolves when it may listen. The connections are
 * their owner's to close.
 */
export async function createServer({ config, db, redis, log, page }: Options): Promise<Level3Server> {
  const models = createModels(db)
  const deliveries = createDeliveries({ db, models, instance: config.instance, log })
  const push = await createPush({ db, models, deliveries, config, log })
  const email = createEmail({ models, deliveries, config, log })
  const gaps = createGapWatch(redis)

  const level3: Level3Server = await createLevel3Server({
    config,
    db,
    models,
    log,
    page,
    instance: config.instance,
    channels: [push.channel, email.channel],
    adapter: createInstanceAdapter(redis, gaps.lost),
    checks: { redis: gaps.isConnected },
    routes({ route }) {
      push.routes(route)
      defineDeliveryRoutes(route, deliveries, models)
      if (!config.production) defineKillRoute(route, config.instance, () => level3.io)
    },
  })
  if (!config.production) obeyKills(level3.io, config.instance)
  sendLoginAlerts(level3.signIns, level3.publish, log)
  const catchUp = createSingleFlight(level3.resync, log)
  await redis.finishStart(gaps.start(catchUp.ask))
  await deliveries.start()

  return {
    ...level3,
    async close() {
      catchUp.close()
      await Promise.all([level3.close(), deliveries.stop()])
      await gaps.close()
    },
  }
}
