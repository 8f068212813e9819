import { EventEmitter } from 'node:events'
import type { Connection } from 'mongoose'
import { type Accounts, createAccounts, migrateNames } from './accounts.ts'
import { createIdentify, createRequireAlive, type Identify, type RequireAlive } from './caller.ts'
import { createRefreshCookie, type OriginCheck, type RefreshCookie } from './cookie.ts'
import { createDevices, type Devices } from './devices.ts'
import { createGuard, type Log } from './guard.ts'
import type { SessionModels } from './models.ts'
import { createPeople, type People } from './people.ts'
import { loadSecrets } from './secrets.ts'
import { type AccessTokens, createAccessTokens, createSessions, type Sessions } from './sessions.ts'
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
  'sign-out': [{ userId: string; sids: string[] }]
  'password-changed': [Device & { userId: string }]
  /** A refresh token was used twice: its session has ended. */
  replayed: [Device & { userId: string; sid: string }]
  'account-deleted': [{ userId: string }]
}

export interface SessionsChapter {
  identify: Identify
  requireAlive: RequireAlive
  accounts: Accounts
  people: People
  sessions: Sessions
  devices: Devices
  tokens: AccessTokens
  cookie: RefreshCookie
  isAllowedOrigin: OriginCheck
  signIns: EventEmitter<SignInEvents>
  /** Deletes what there is of a user besides the account itself. */
  forget(userId: string): Promise<void>
}

/** Everything about who someone is: accounts, sessions, tokens. `authRoutes` serves it over REST. */
export async function createSessionsChapter(options: SessionsOptions): Promise<SessionsChapter> {
  const { db, models, log, isAllowedOrigin } = options
  const { accessTokenKey, refreshTokenKey } = await loadSecrets(models, options.jwtSecret)
  const guard = await createGuard(db, options)
  await migrateNames(models.User, log)

  const signIns = new EventEmitter<SignInEvents>()
  const sessions = createSessions(models.Session, refreshTokenKey, {
    onEnded(userId, sids) {
      for (const sid of sids) options.cutSockets(sid)
      signIns.emit('sign-out', { userId, sids })
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
    accounts: createAccounts(models.User, guard),
    people,
    sessions,
    devices: createDevices(models.Session, sessions),
    tokens,
    cookie: createRefreshCookie(options.cookieSecure),
    isAllowedOrigin,
    signIns,
    async forget(userId) {
      await options.forgetUser(userId)
      people.forget(userId)
    },
  }
}
