import type { Admit, Caller } from '@levels/shared/server/api/route.ts'
import { HttpError } from '@levels/shared/server/respond.ts'
import type { Request } from 'express'
import type { People } from '../people.ts'
import { type AccessTokens, refusal } from './access-token.ts'
import type { Sessions } from './sessions.ts'

/** The access token of `Authorization: Bearer …` (RFC 6750 section 2.1), unchecked. */
export function bearerToken(req: Request): string | undefined {
  return /^Bearer +(.+)$/i.exec(req.headers.authorization ?? '')?.[1]
}

/**
 * A token only says that someone signed in. That the session was not ended since is asked of the database each time,
 * so a sign-out holds from that moment, everywhere.
 */
export function createAdmit(tokens: AccessTokens, sessions: Sessions, people: People): Admit {
  async function authenticate(req: Request): Promise<Caller> {
    const { userId, sid, role } = tokens.verify(bearerToken(req))
    const [person] = await Promise.all([people.withId(userId), sessions.requireAlive(sid)])
    if (!person) throw refusal('session_revoked')
    return { ...person, role, sid }
  }

  return async (access, req) => {
    if (access === 'public' || access === 'own-page') return undefined
    const caller = await authenticate(req)
    if (access === 'admin' && caller.role !== 'admin') {
      throw new HttpError(403, 'admins_only', 'Only an admin may do this.')
    }
    return caller
  }
}
