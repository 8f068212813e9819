import type { Server as HttpServer } from 'node:http'
import type { Check } from '@levels/shared/server/api/health.ts'
import type { DefineRoute } from '@levels/shared/server/api/route.ts'
import type { Limit } from '@levels/shared/server/limits.ts'
import type { Log } from '@levels/shared/server/log.ts'
import type { Page } from '@levels/shared/server/page.ts'
import type { Connection } from 'mongoose'
import type { Config } from './config.ts'
import type { DeliveryChannel, Publish } from './log/publish.ts'
import type { Models } from './models.ts'
import type { Io } from './socket/types.ts'

/** How much one user may create: more than a person needs, and little for a server. */
export const defaultLimits = {
  notifications: { perMinute: 60, atOnce: 10 },
  roomMessages: { perMinute: 60, atOnce: 10 },
  rooms: { perMinute: 10, atOnce: 10 },
} satisfies Record<string, Limit>

/** What createServer takes. */
export interface Options {
  config: Partial<Config> &
    Pick<Config, 'allowedOrigins' | 'production' | 'accessTokenTtlS' | 'trustProxyHops'>
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
  limits?: { [Kind in keyof typeof defaultLimits]?: Limit }
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
