import { connectDatabase, type Models } from '@levels/3-jwt-notifications/src/doors.ts'
import { startEmbeddedMongo } from '@levels/embedded-mongo'
import { createLog, type Log } from '@levels/shared/server/log.ts'
import type { Page } from '@levels/shared/server/page.ts'
import { listen, urlOf } from '@levels/shared/server/run.ts'
import { type Config, readConfig } from '../../src/config.ts'
import { createServer, type Level4Server } from '../../src/server.ts'
import { type Account, createAccount } from './account.ts'

export interface StackOptions {
  settings?: Partial<Config>
  /** Without one, a database of its own, in memory. */
  mongodbUri?: string
  log?: Log
  page?: Page
}

/** The level's own server: one instance, without Redis. */
export interface Stack {
  url: string
  mongodbUri: string
  server: Level4Server
  models: Models
  deliveries: Level4Server['deliveries']
  /** Someone new, signed in. */
  register(options?: { email?: string; role?: 'user' | 'admin'; userAgent?: string }): Promise<Account>
  close(): Promise<void>
}

export const settingsForTests = {
  ...readConfig({ INSTANCE_NAME: 'test', VAPID_SUBJECT: 'mailto:admin@example.com' }),
  pushDelayMs: 50,
  pushAllowedHosts: ['localhost'],
  mailFrom: 'Level 4 <level-4@example.com>',
}

/** Starts it on a free port. The caller must close it. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { log = createLog('silent'), page } = options
  const mongo = options.mongodbUri === undefined ? await startEmbeddedMongo() : undefined
  const mongodbUri = options.mongodbUri ?? mongo?.uri ?? ''
  const db = await connectDatabase(mongodbUri)
  const config = { ...settingsForTests, ...options.settings }
  const server = await createServer({ config, db, log, page })
  const { models, deliveries } = server
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
      await db.close()
      await mongo?.close()
    },
  }
}
