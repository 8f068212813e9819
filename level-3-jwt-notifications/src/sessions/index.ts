import { createSecretKey, hkdfSync, randomBytes } from 'node:crypto'
import { EventEmitter } from 'node:events'
import type { OriginCheck } from '@levels/shared/server/origin.ts'
import { readOrMakeSetting } from '@levels/shared/server/settings.ts'
import type { Connection } from 'mongoose'
import { createAccounts, migrateNames } from './accounts.ts'
import { createDevices, createRefreshCookie } from './devices.ts'
import { createGuard, type Log } from './guard.ts'
import type { SessionModels } from './models.ts'
import { createIdentify, createPeople, createRequireAlive } from './people.ts'
import { createAccessTokens, createSessions } from './sessions.ts'
import type { Device } from './shapes.ts'

export interface SessionsOptions {
  production: boolean
  /** How long an access token lives, in seconds. */
  accessTokenTtlS: number
  /** Absent in development: then one is made and kept in the database. */
  jwtSecret?: string | undefined
  /** The refresh cookie travels over https only. */
  cookieSecure: boolean
  db: Connection
  /** Their indexes are built. */
  models: SessionModels
  isAllowedOrigin: OriginCheck
  /** Cuts every socket of a session, on every instance. */
  cutSockets(sid: string): void
  /** Deletes what other chapters keep of a user whose account goes. May be called twice. */
  forgetUser(userId: string): Promise<void>
  log: Log
}

/** What happens to sessions and accounts, for whoever wants to react. */
export interface SignInEvents {
  /** `newDevice`: the user has signed in before, but never from such a browser at such an address. */
  'sign-in': [Device & { userId: string; sid: string; newDevice: boolean }]
  'password-changed': [Device & { userId: string }]
  /** A refresh token was used twice: its session has ended. */
  replayed: [Device & { userId: string; sid: string }]
  'account-deleted': [{ userId: string }]
}

export type SessionsChapter = Awaited<ReturnType<typeof createSessionsChapter>>

/** Everything about who someone is: accounts, sessions, tokens. `authRoutes` serves it over REST. */
export async function createSessionsChapter(options: SessionsOptions) {
  const { db, models, log, isAllowedOrigin } = options
  const { accessTokenKey, refreshTokenKey } = await loadSecrets(models.Setting, options.jwtSecret)
  const guard = await createGuard(db, options)
  await migrateNames(models.User, log)

  const signIns = new EventEmitter<SignInEvents>()
  const sessions = createSessions(models.Session, refreshTokenKey, {
    onEnded(sids) {
      for (const sid of sids) options.cutSockets(sid)
    },
    onReplayed(replay) {
      log.warn(`A refresh token was used twice, from ${replay.ip}: session ${replay.sid} has ended`)
      signIns.emit('replayed', replay)
    },
  })
  const tokens = createAccessTokens(accessTokenKey, options.accessTokenTtlS)
  const people = createPeople(models.User)
  const requireAlive = createRequireAlive(sessions.living)
  return {
    identify: createIdentify(tokens, requireAlive, people),
    requireAlive,
    alive: sessions.living,
    accounts: createAccounts(models.User, guard),
    people,
    sessions,
    devices: createDevices(models.Session, sessions),
    tokens,
    cookie: createRefreshCookie(options.cookieSecure),
    isAllowedOrigin,
    signIns,
    /** Deletes what there is of a user besides the account itself. */
    async forget(userId: string): Promise<void> {
      await options.forgetUser(userId)
      people.forget(userId)
    },
  }
}

/**
 * The keys of this installation, from `jwtSecret` (its UTF-8 bytes). Without one, in development, a secret is made
 * and kept in the database: a restart signs nobody out, and instances on one database accept each other's tokens.
 */
export async function loadSecrets(Setting: SessionModels['Setting'], jwtSecret: string | undefined) {
  const secret =
    jwtSecret ?? (await readOrMakeSetting(Setting, 'jwtSecret', () => randomBytes(48).toString('base64url')))
  return {
    /** Signs access tokens. */
    accessTokenKey: createSecretKey(secret, 'utf8'),
    /** Makes a refresh token's successor. A key of its own (HKDF, RFC 5869): neither use tells about the other. */
    refreshTokenKey: Buffer.from(hkdfSync('sha256', secret, '', 'refresh token successor', 32)),
  }
}
