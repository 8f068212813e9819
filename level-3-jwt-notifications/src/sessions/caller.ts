import { HttpError } from '@levels/shared/server/respond.ts'
import type { Request } from 'express'
import type { User } from '../events.ts'
import type { People } from '../people.ts'
import { type AccessTokens, refusal } from './access-token.ts'
import type { Sessions } from './sessions.ts'

/** Who makes a request. */
export interface Caller extends User {
  /** The device session. */
  sid: string
}

/** Throws HttpError 401 with one of the handshake's codes. */
export type Authenticate = (req: Request) => Promise<Caller>

/** The access token of `Authorization: Bearer …` (RFC 6750 section 2.1), unchecked. */
export function bearerToken(req: Request): string | undefined {
  return /^Bearer +(.+)$/i.exec(req.headers.authorization ?? '')?.[1]
}

/**
 * A token only says that someone signed in. That the session was not ended since is asked of the database each time,
 * so a sign-out holds from that moment, everywhere.
 */
export function createAuthenticate(tokens: AccessTokens, sessions: Sessions, people: People): Authenticate {
  return async (req) => {
    const { userId, sid, role } = tokens.verify(bearerToken(req))
    const [person] = await Promise.all([people.withId(userId), sessions.requireAlive(sid)])
    if (!person) throw refusal('session_revoked')
    return { ...person, role, sid }
  }
}

/** Throws HttpError 403 `admins_only`. */
export function requireAdmin(caller: Caller): void {
  if (caller.role !== 'admin') throw new HttpError(403, 'admins_only', 'Only an admin may do this.')
}
