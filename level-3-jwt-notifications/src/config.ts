import type { Server as HttpServer } from 'node:http'
import path from 'node:path'
import type { Check } from '@levels/shared/server/api/health.ts'
import type { DefineRoute } from '@levels/shared/server/api/route.ts'
import {
  type CommonConfig,
  type Env,
  mustBringSecrets,
  readCommonConfig,
  readFlag,
  readInteger,
  readText,
} from '@levels/shared/server/config.ts'
import type { Limit } from '@levels/shared/server/limits.ts'
import type { Log } from '@levels/shared/server/log.ts'
import { type MongoConfig, readMongodbUri } from '@levels/shared/server/mongo.ts'
import type { Page } from '@levels/shared/server/page.ts'
import type { Connection } from 'mongoose'
import type { DeliveryChannel, Publish } from './log/publish.ts'
import type { Models } from './models.ts'
import type { SessionsOptions } from './sessions/index.ts'
import type { Io } from './socket/types.ts'

/** How much one user may create: more than a person needs, and little for a server. */
export const defaultLimits = {
  notifications: { perMinute: 60, atOnce: 10 },
  roomMessages: { perMinute: 60, atOnce: 10 },
  rooms: { perMinute: 10, atOnce: 10 },
} satisfies Record<string, Limit>

export interface Config
  extends CommonConfig,
    MongoConfig,
    Pick<SessionsOptions, 'accessTokenTtlS' | 'jwtSecret'> {
  /** The refresh cookie travels over https only; absent: as production demands. */
  cookieSecure?: boolean
  /** How often a socket is asked whether it is there, in milliseconds. */
  heartbeatMs: number
  /** How much one user may create. */
  limits: Partial<typeof defaultLimits>
  /** How many proxies in front are ours: that many entries of `X-Forwarded-For` are believed. */
  trustProxyHops: number
}

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
  /** Further ways to deliver, besides the socket. */
  channels?: readonly DeliveryChannel[]
  /** How several instances reach each other's sockets. */
  adapter?: Parameters<Io['adapter']>[0]
  /** Further routes. */
  routes?: (tools: { route: DefineRoute; models: Models; publish: Publish }) => void
  /** Further services without which this server is not ready. */
  checks?: Record<string, Check>
}

/** HMAC-SHA256 needs a key of at least its output's size (RFC 7518 section 3.2): 32 bytes. */
const MIN_SECRET_BYTES = 32

/** Throws StartError naming the variable and the cure. */
export function readConfig(env: Env, defaultPort = 3030): Config {
  const common = readCommonConfig(env, defaultPort)
  const { perMinute, atOnce } = defaultLimits.notifications
  const most = { fallback: perMinute, min: 1, max: 1_000_000 }
  return {
    ...common,
    accessTokenTtlS: readInteger(env, 'ACCESS_TOKEN_TTL_S', { fallback: 900, min: 1, max: 86_400 }),
    jwtSecret: readText(env, 'JWT_SECRET', {
      isRight: (text) => Buffer.byteLength(text) >= MIN_SECRET_BYTES,
      what: `a secret of ${MIN_SECRET_BYTES} bytes or more`,
      example: 'what `openssl rand -base64 48` prints',
      needed: mustBringSecrets(env) && 'production makes none',
    }),
    mongodbUri: readMongodbUri(env),
    dataDir: path.resolve(env.DATA_DIR || path.join(import.meta.dirname, '..', '..', '.data')),
    cookieSecure: readFlag(env, 'COOKIE_SECURE', common.production),
    heartbeatMs: readInteger(env, 'HEARTBEAT_MS', { fallback: 25_000, min: 10, max: 3_600_000 }),
    limits: { notifications: { perMinute: readInteger(env, 'NOTIFICATIONS_PER_MINUTE', most), atOnce } },
    trustProxyHops: readInteger(env, 'TRUST_PROXY', { fallback: 0, min: 0, max: 10 }),
  }
}
