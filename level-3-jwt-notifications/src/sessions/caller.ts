import type { Admit, Caller } from '@levels/shared/server/api/route.ts'
import { HttpError } from '@levels/shared/server/respond.ts'
import type { Request } from 'express'
import { type OriginCheck, requireOwnPage } from './cookie.ts'
import { isPublishKey, type PublishKeys } from './keys.ts'
import type { People } from './people.ts'
import type { AccessTokens, Sessions } from './sessions.ts'
import type { User } from './shapes.ts'

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
export function createIdentify(tokens: AccessTokens, sessions: Sessions, people: People): Identify {
  return async (token) => {
    const claims = tokens.verify(token)
    const [user] = await Promise.all([people.userOf(claims), sessions.requireAlive(claims.sid)])
    return { ...user, sid: claims.sid, expiresAt: claims.expiresAt }
  }
}

/** The token of `Authorization: Bearer …` (RFC 6750 section 2.1), unchecked. */
export function bearerToken(req: Request): string | undefined {
  return /^Bearer +(.+)$/i.exec(req.headers.authorization ?? '')?.[1]
}

/** Who may call what, for routes: see Access. */
export function createAdmit(identify: Identify, keys: PublishKeys, isAllowedOrigin: OriginCheck): Admit {
  return async (access, req): Promise<Caller | undefined> => {
    if (access === 'own-page') requireOwnPage(req, isAllowedOrigin)
    if (access === 'public' || access === 'own-page') return undefined
    const token = bearerToken(req)
    if (access === 'program' && isPublishKey(token)) return keys.ownerOf(token)
    const caller = await identify(token)
    if (access === 'admin' && caller.role !== 'admin') {
      throw new HttpError(403, 'admins_only', 'Only an admin may do this.')
    }
    return caller
  }
}
