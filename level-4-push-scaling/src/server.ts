import {
  createServer as createLevel3Server,
  createModels,
  type Level3Server,
  readOrMakeSetting,
} from '@levels/3-jwt-notifications/src/doors.ts'
import type { Page } from '@levels/shared/server/page.ts'
import type { Connection } from 'mongoose'
import type { Log } from './channel.ts'
import type { Config } from './config.ts'
import { createDeliveries } from './deliver/index.ts'
import { defineDeliveryRoutes } from './deliver/routes.ts'
import { readStats } from './deliver/stats.ts'
import { createEmailChannel } from './email/email.ts'
import { createMailTransport } from './email/transport.ts'
import { createInstanceAdapter } from './instances/adapter.ts'
import { createGapWatch } from './instances/gap-watch.ts'
import type { RedisConnections } from './instances/redis.ts'
import { createSingleFlight } from './instances/single-flight.ts'
import { sendLoginAlerts } from './login-alert.ts'
import { defineMetricsRoute } from './metrics.ts'
import { createPush } from './push/index.ts'
import { definePushRoutes } from './push/routes.ts'
import { createReaders } from './readers.ts'

export interface Options {
  config: Config
  /** Connected. */
  db: Connection
  /** Connected. Absent: this is the only instance. */
  redis?: RedisConnections
  log: Log
  page?: Page
  /** A server of the caller's: see level 3. */
  http?: Level3Options['http']
  /** How much one user may create; level 3's own by default. */
  limits?: Level3Options['limits']
  /** Further routes, for development (dev/kill.ts). */
  routes?: (tools: Parameters<NonNullable<Level3Options['routes']>>[0], io: () => Level3Server['io']) => void
}

type Level3Options = Parameters<typeof createLevel3Server>[0]

export interface Level4Server extends Level3Server {
  deliveries: ReturnType<typeof createDeliveries>
}

/**
 * Level 4 is level 3 and, through the doors it leaves open: two more channels, an adapter that reaches the sockets of
 * the other instances, and further routes. The chapters know nothing of each other; they meet here. Resolves when it may
 * listen. The connections are their owner's to close.
 */
export async function createServer(options: Options): Promise<Level4Server> {
  const { config, db, redis, log, page, http, limits } = options
  const { publicUrl, metricsToken: token } = config
  const models = createModels(db)
  const { stillWanted, countUnread, addressees } = createReaders(models)
  const aliveSessions = (sids: string[]) => level3.aliveSessions(sids)
  const deliveries = createDeliveries({
    db,
    notifications: models.Notification.collection,
    stillWanted,
    log,
  })
  const keep = (name: string, make: () => string) => readOrMakeSetting(models.Setting, name, make)
  const push = await createPush({ db, config, keep, aliveSessions, countUnread, log })
  const email = createEmailChannel({
    addressees,
    countSince: deliveries.countSince,
    transport: createMailTransport(config, log),
    publicUrl,
    log,
  })
  const gaps = redis && createGapWatch(redis)

  const level3: Level3Server = await createLevel3Server({
    config,
    db,
    models,
    log,
    page,
    http,
    instance: config.instance,
    limits,
    channels: [deliveries.add(push.channel), deliveries.add(email)],
    ...(redis &&
      gaps && { adapter: createInstanceAdapter(redis, gaps.lost), checks: { redis: gaps.isConnected } }),
    routes(tools) {
      const { route } = tools
      definePushRoutes(route, { ...push, deliveries, log })
      defineDeliveryRoutes(route, deliveries, addressees)
      const stats = () => readStats(deliveries.model)
      if (token !== undefined) defineMetricsRoute(route, token, stats, () => level3.io.engine.clientsCount)
      options.routes?.(tools, () => level3.io)
    },
  })
  level3.signIns.on('account-deleted', ({ userId }) => {
    const removed = Promise.all([push.subscriptions.removeAll(userId), deliveries.forgetUser(userId)])
    removed.catch((error: unknown) => log.warn(`Browsers of a deleted account are still there: ${error}`))
  })
  sendLoginAlerts(level3.signIns, level3.publish, log)
  const catchUp = createSingleFlight(level3.resync, log)
  if (redis && gaps) await redis.finishStart(gaps.start(catchUp.ask))
  await deliveries.start()
  page?.watch?.({ instance: config.instance, redis, push: push.channel })

  return {
    ...level3,
    deliveries,
    async close() {
      catchUp.close()
      await Promise.all([level3.close(), deliveries.stop()])
      await gaps?.close()
    },
  }
}
