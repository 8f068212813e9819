import {
  createServer as createLevel3Server,
  createModels,
  type Level3Server,
  readOrMakeSetting,
} from '@levels/3-jwt-notifications/src/doors.ts'
import type { Config } from './config.ts'
import { createDeliveries } from './deliver/index.ts'
import { defineDeliveryRoutes } from './deliver/routes.ts'
import { defineMetricsRoute, readStats } from './deliver/stats.ts'
import { createEmailChannel } from './email/email.ts'
import { createMailTransport } from './email/transport.ts'
import { createInstances } from './instances/index.ts'
import type { RedisConnections } from './instances/redis.ts'
import { createReaders, sendLoginAlerts } from './joins.ts'
import { createPush } from './push/index.ts'
import { definePushRoutes } from './push/routes.ts'

/** What createServer takes: some of it as at level 3. Without `redis`, which is connected, this is the only instance. */
export interface Options extends Pick<Level3Options, 'db' | 'log' | 'page' | 'http'> {
  config: Config
  redis?: RedisConnections
  /** Further routes, for development (dev/kill.ts). */
  routes?: (tools: Parameters<NonNullable<Level3Options['routes']>>[0], io: () => Level3Server['io']) => void
}

type Level3Options = Parameters<typeof createLevel3Server>[0]

export type Level4Server = Awaited<ReturnType<typeof createServer>>

/**
 * Level 4 is level 3 and, through the doors it leaves open: two more channels, an adapter that reaches the sockets of
 * the other instances, and further routes. The chapters know nothing of each other; they meet here. Resolves when it may
 * listen. The connections are their owner's to close.
 */
export async function createServer(options: Options) {
  const { config, db, redis, log } = options
  const { instance, publicUrl, metricsToken: token } = config
  const models = createModels(db)
  const { stillWanted, countUnread, addressees } = createReaders(models)
  const aliveSessions = (sids: string[]) => level3.aliveSessions(sids)
  const notifications = models.Notification.collection
  const deliveries = createDeliveries({ db, notifications, stillWanted, log })
  const keep = (name: string, make: () => string) => readOrMakeSetting(models.Setting, name, make)
  const push = await createPush({ db, config, keep, aliveSessions, countUnread, log })
  const transport = createMailTransport(config, log)
  const { countSince } = deliveries
  const email = createEmailChannel({ addressees, countSince, transport, publicUrl, log })
  const instances = redis && createInstances(redis, (isOver) => level3.resync(isOver), log)

  const level3: Level3Server = await createLevel3Server({
    ...options,
    models,
    instance,
    channels: [deliveries.add(push.channel), deliveries.add(email)],
    ...(instances && { adapter: instances.adapter, checks: { redis: instances.isConnected } }),
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
  await instances?.start()
  await deliveries.start()
  options.page?.watch?.({ instance, redis, push: push.channel })

  return {
    ...level3,
    deliveries,
    async close() {
      await Promise.all([level3.close(), deliveries.stop()])
      await instances?.close()
    },
  }
}
