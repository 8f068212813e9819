import type { EventEmitter } from 'node:events'
import type { Server as HttpServer } from 'node:http'
import type { Check } from '@levels/shared/server/api/health.ts'
import type { DefinedRoute, DefineRoute } from '@levels/shared/server/api/route.ts'
import type { Log } from '@levels/shared/server/log.ts'
import type { Page } from '@levels/shared/server/page.ts'
import type { Connection } from 'mongoose'
import type { Config } from './config.ts'
import type { Limits } from './limits.ts'
import type { DeliveryChannel, Publish } from './log/publish.ts'
import type { Models } from './models.ts'
import type { PreferenceStore } from './preferences.ts'
import type { Accounts } from './sessions/accounts.ts'
import type { SignInEvents } from './sessions/index.ts'
import type { Resync } from './socket/resync.ts'
import type { Io } from './socket/types.ts'

/** What createServer takes. */
export interface Options {
  config: Pick<
    Config,
    'allowedOrigins' | 'production' | 'accessTokenTtlS' | 'jwtSecret' | 'cookieSecure' | 'trustProxyHops'
  > &
    Partial<Pick<Config, 'heartbeatMs' | 'notificationsPerMinute'>>
  /** Connected. */
  db: Connection
  log: Log
  page?: Page
  /** A server of the caller's: it gets the API and the socket, and keeps everything else. */
  http?: HttpServer
  /** Made from `db`; made here when absent. */
  models?: Models
  /** This server's name, for people who run several. */
  instance?: string
  /** How much one user may create. */
  limits?: Limits
  /** Further ways to deliver, besides the socket. */
  channels?: readonly DeliveryChannel[]
  /** How several instances reach each other's sockets. */
  adapter?: Parameters<Io['adapter']>[0]
  /** Further routes. */
  routes?: (tools: RouteTools) => void
  /** Further services without which this server is not ready. */
  checks?: Record<string, Check>
}

/** What further routes may be made of. */
export interface RouteTools {
  route: DefineRoute
  models: Models
  publish: Publish
}

export interface Level3Server {
  /** Not listening yet, unless it is the caller's. */
  http: HttpServer
  io: Io
  models: Models
  accounts: Accounts
  /** Stores notifications and delivers them. */
  publish: Publish
  /** Every sign-in, and every session that ends here. */
  signIns: EventEmitter<SignInEvents>
  /** What users want to be told of, over which channel. */
  preferences: PreferenceStore
  /**
   * For when messages between instances were lost: brings every local socket up to date, and cuts those whose session
   * has ended. See socket/resync.ts.
   */
  resync: Resync
  /** Every route, with the schemas of what it takes and answers. */
  routes: readonly DefinedRoute[]
  /** Cuts the connections (clients come back by themselves) and ends. Database and caller's server are their owner's. */
  close(): Promise<void>
}
