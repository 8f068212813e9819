import { askTogether } from '@levels/shared/server/ask-together.ts'
import type { Request } from 'express'
import QuickLRU from 'quick-lru'
import type { People } from './people.ts'
import type { AccessTokens, Sessions } from './sessions.ts'
import { type Claims, refusal, type User } from './shapes.ts'

/** Who brings an access token: the user, the device session, and when the token ends (milliseconds since 1970). */
export interface Identity extends User {
  sid: string
  expiresAt: number
}

/** Throws a 401 refusal. The same for REST, the handshake and the renewal of a socket's token. */
export type Identify = (token: unknown) => Promise<Identity>

/**
 * A token only says that someone signed in. That the session was not ended since is asked of the database each time,
 * so a sign-out holds from that moment, everywhere.
 */
export function createIdentify(tokens: AccessTokens, requireAlive: RequireAlive, people: People): Identify {
  const verify = createVerify(tokens)
  return async (token) => {
    const claims = verify(token)
    const [user] = await Promise.all([people.userOf(claims), requireAlive(claims.sid)])
    return { ...user, sid: claims.sid, expiresAt: claims.expiresAt }
  }
}

/** How many tokens that were verified are remembered. */
const REMEMBERED = 1_000

/** A token that was verified once is good until it ends: its signature is not computed again with each request. */
function createVerify(tokens: AccessTokens): AccessTokens['verify'] {
  const verified = new QuickLRU<unknown, Claims>({ maxSize: REMEMBERED })
  return (token) => {
    const known = verified.get(token)
    if (known && known.expiresAt > Date.now()) return known
    const claims = tokens.verify(token)
    verified.set(token, claims)
    return claims
  }
}

/** Throws 401 `session_revoked` unless the session is alive. */
export type RequireAlive = (sid: string) => Promise<void>

/** Asked of the database each time; those who ask at once share a query, which is never older than their question. */
export function createRequireAlive(living: Sessions['living']): RequireAlive {
  const ask = askTogether(living)
  return async (sid) => {
    if (!(await ask(sid)).has(sid)) throw refusal('session_revoked')
  }
}

/** The token of `Authorization: Bearer …` (RFC 6750 section 2.1), unchecked. */
export function bearerToken(req: Request): string | undefined {
  return /^Bearer +(.+)$/i.exec(req.headers.authorization ?? '')?.[1]
}
