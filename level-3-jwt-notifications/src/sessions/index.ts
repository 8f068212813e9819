import type { EventEmitter } from 'node:events'
import type { DefineRoute } from '@levels/shared/server/api/route.ts'
import type { OriginCheck } from '@levels/shared/server/origin.ts'
import type { Connection } from 'mongoose'
import type { Config } from '../config.ts'
import type { Models } from '../models.ts'
import { createAccessTokens } from './access-token.ts'
import { createAccounts } from './accounts.ts'
import { createRefreshCookie } from './cookie.ts'
import { createDevices } from './devices.ts'
import { experimentRoutes } from './experiments.ts'
import { createRateLimits } from './rate-limits.ts'
import { type AuthParts, authRoutes } from './routes.ts'
import { loadSecrets } from './secrets.ts'
import { createSessions } from './sessions.ts'
import type { SignInEvents } from './sign-in.ts'

export interface AuthOptions {
  config: Pick<Config, 'production' | 'accessTokenTtlS' | 'jwtSecret' | 'cookieSecure'>
  db: Connection
  models: Models
  isAllowedOrigin: OriginCheck
  signIns: EventEmitter<SignInEvents>
  /** Cuts every socket of a session, on every instance. */
  cutSockets(sid: string): void
}

export interface Auth extends AuthParts {
  routes(route: DefineRoute): void
}

/** Everything about who someone is: accounts, sessions, tokens, and their routes. */
export async function createAuth({ config, db, models, signIns, ...options }: AuthOptions): Promise<Auth> {
  const { accessTokenKey, refreshTokenKey } = await loadSecrets(models, config.jwtSecret)
  const limits = await createRateLimits(db)
  const sessions = createSessions(models, refreshTokenKey, (userId, sids) => {
    for (const sid of sids) options.cutSockets(sid)
    signIns.emit('sign-out', { userId, sids })
  })
  const parts: AuthParts = {
    accounts: createAccounts(models, limits),
    tokens: createAccessTokens(accessTokenKey, config.accessTokenTtlS),
    devices: createDevices(models, sessions),
    cookie: createRefreshCookie(config.cookieSecure ?? config.production),
    isAllowedOrigin: options.isAllowedOrigin,
    limits,
    sessions,
    signIns,
  }
  return {
    ...parts,
    routes(route) {
      authRoutes(route, parts)
      if (!config.production) experimentRoutes(route, parts)
    },
  }
}
