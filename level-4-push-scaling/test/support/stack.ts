import {
  connectDatabase,
  createModels,
  createServer,
  type Level3Server,
  type Models,
} from '@levels/3-jwt-notifications/src/doors.ts'
import { startEmbeddedMongo } from '@levels/embedded-mongo'
import { createLog, type Log } from '@levels/shared/server/log.ts'
import type { Page } from '@levels/shared/server/page.ts'
import { listen, urlOf } from '@levels/shared/server/run.ts'
import type { DeliverySettings } from '../../src/config.ts'
import { createDeliveries, type Deliveries } from '../../src/deliveries/index.ts'
import { defineDeliveryRoutes } from '../../src/deliveries/routes.ts'
import { createEmail } from '../../src/email/index.ts'
import { sendLoginAlerts } from '../../src/login-alert.ts'
import { createPush } from '../../src/push/index.ts'
import { type Account, createAccount } from './account.ts'

export interface StackOptions {
  settings?: Partial<DeliverySettings>
  /** Where mails go without SMTP. */
  dataDir?: string
  /** Without one, a database of its own, in memory. */
  mongodbUri?: string
  instance?: string
  log?: Log
  page?: Page
}

/** Level 3 with push, email and deliveries: one instance, without Redis. */
export interface Stack {
  url: string
  mongodbUri: string
  server: Level3Server
  models: Models
  deliveries: Deliveries
  /** Someone new, signed in. */
  register(options?: { email?: string; role?: 'user' | 'admin'; userAgent?: string }): Promise<Account>
  close(): Promise<void>
}

export const settingsForTests: DeliverySettings = {
  pushDelayMs: 50,
  pushAllowedHosts: ['localhost'],
  vapidSubject: 'mailto:admin@example.com',
  mailFrom: 'Level 4 <level-4@example.com>',
}

/** Starts it on a free port. The caller must close it. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { instance = 'test', log = createLog('silent'), dataDir = '', page } = options
  const mongo = options.mongodbUri === undefined ? await startEmbeddedMongo() : undefined
  const mongodbUri = options.mongodbUri ?? mongo?.uri ?? ''
  const db = await connectDatabase(mongodbUri)
  const models = createModels(db)
  const settings = { ...settingsForTests, ...options.settings }
  const deliveries = createDeliveries({ db, models, instance, log })
  const push = await createPush({ db, models, deliveries, config: settings, log })
  const email = createEmail({ models, deliveries, config: { ...settings, dataDir }, log })
  const server = await createServer({
    config: { allowedOrigins: [], production: false, accessTokenTtlS: 900, trustProxyHops: 0 },
    db,
    log,
    page,
    instance,
    channels: [push.channel, email.channel],
    routes({ route }) {
      push.routes(route)
      defineDeliveryRoutes(route, deliveries, models)
    },
  })
  sendLoginAlerts(server.signIns, server.publish, log)
  await deliveries.start()
  await page?.attach(server.http)
  await listen(server.http, { host: '127.0.0.1', port: 0 })
  const url = urlOf(server.http)

  return {
    url,
    mongodbUri,
    server,
    models,
    deliveries,
    register: (account) => createAccount(url, models, account),
    async close() {
      await server.close()
      await deliveries.stop()
      await db.close()
      await mongo?.close()
    },
  }
}
