import path from 'node:path'
import {
  type CommonConfig,
  type Env,
  mustBringSecrets,
  readCommonConfig,
  readFlag,
  readInteger,
  StartError,
} from '@levels/shared/server/config.ts'
import { type MongoConfig, readMongodbUri } from '@levels/shared/server/mongo.ts'
import { defaultLimits } from './options.ts'
import type { SessionsOptions } from './sessions/index.ts'

export interface Config
  extends CommonConfig,
    MongoConfig,
    Pick<SessionsOptions, 'accessTokenTtlS' | 'jwtSecret'> {
  /** The refresh cookie travels over https only; absent: as production demands. */
  cookieSecure?: boolean
  /** How often a socket is asked whether it is there, in milliseconds. */
  heartbeatMs: number
  /** How many notifications one user may send in a minute. */
  notificationsPerMinute: number
  /** How many proxies in front are ours: that many entries of `X-Forwarded-For` are believed. */
  trustProxyHops: number
}

/** HMAC-SHA256 needs a key of at least its output's size (RFC 7518 section 3.2): 32 bytes. */
const MIN_SECRET_BYTES = 32

/** Throws StartError naming the variable and the cure. */
export function readConfig(env: Env, defaultPort = 3030): Config {
  const common = readCommonConfig(env, defaultPort)
  return {
    ...common,
    accessTokenTtlS: readInteger(env, 'ACCESS_TOKEN_TTL_S', { fallback: 900, min: 1, max: 86_400 }),
    jwtSecret: readSecret(env, mustBringSecrets(env)),
    mongodbUri: readMongodbUri(env),
    dataDir: path.resolve(env.DATA_DIR || path.join(import.meta.dirname, '..', '..', '.data')),
    cookieSecure: readFlag(env, 'COOKIE_SECURE', common.production),
    heartbeatMs: readInteger(env, 'HEARTBEAT_MS', { fallback: 25_000, min: 10, max: 3_600_000 }),
    notificationsPerMinute: readInteger(env, 'NOTIFICATIONS_PER_MINUTE', {
      fallback: defaultLimits.notifications.perMinute,
      min: 1,
      max: 1_000_000,
    }),
    trustProxyHops: readInteger(env, 'TRUST_PROXY', { fallback: 0, min: 0, max: 10 }),
  }
}

function readSecret(env: Env, required: boolean): string | undefined {
  const secret = env.JWT_SECRET || undefined
  const cure = `set it to ${MIN_SECRET_BYTES} random bytes or more, for example from: openssl rand -base64 48`
  if (!secret && required) throw new StartError(`JWT_SECRET is missing: ${cure}`)
  if (secret && Buffer.byteLength(secret) < MIN_SECRET_BYTES) {
    throw new StartError(`JWT_SECRET has fewer than ${MIN_SECRET_BYTES} bytes: ${cure}`)
  }
  return secret
}
