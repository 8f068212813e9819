import type { Request } from 'express'
import type { Caller, Identities } from '../caller.ts'
import { HttpError } from '../http-error.ts'
import type { OriginCheck } from '../origin.ts'
import type { Admit } from './route.ts'

export interface AdmitParts extends Pick<Identities, 'identify'> {
  isAllowedOrigin: OriginCheck
  /** Whose key for programs a token is; undefined when it is none. Throws HttpError 401. */
  ownerOfKey(token: string | undefined): Promise<Caller | undefined>
}

/** Who may call what, for routes: see Access. */
export function createAdmit({ isAllowedOrigin, identify, ownerOfKey }: AdmitParts): Admit {
  return async (access, req) => {
    if (access === 'own-page') requireOwnPage(req, isAllowedOrigin)
    if (access === 'public' || access === 'own-page') return undefined
    const token = bearerToken(req)
    const owner = access === 'program' ? await ownerOfKey(token) : undefined
    if (owner) return owner
    const caller = await identify(token)
    if (access === 'admin' && caller.role !== 'admin') {
      throw new HttpError(403, 'admins_only', 'Only an admin may do this.')
    }
    return caller
  }
}

/**
 * For what acts on a cookie, which a browser attaches by itself. A foreign page's request names its Origin, and a custom
 * header is something no form can send and no foreign script may without our consent (OWASP, CSRF prevention).
 * Throws HttpError 403.
 */
export function requireOwnPage(req: Request, isAllowedOrigin: OriginCheck): void {
  refuseForeign(req, isAllowedOrigin)
  if (req.headers['x-requested-with'] !== 'fetch') {
    throw new HttpError(403, 'header_missing', 'Send the header X-Requested-With: fetch.')
  }
}

/** Throws HttpError 403. */
export function refuseForeign(req: Request, isAllowedOrigin: OriginCheck): void {
  if (!isAllowedOrigin(req)) throw new HttpError(403, 'origin_refused', 'This page may not do that.')
}

/** The token of `Authorization: Bearer …` (RFC 6750 section 2.1), unchecked. */
export function bearerToken(req: Request): string | undefined {
  return /^Bearer +(.+)$/i.exec(req.headers.authorization ?? '')?.[1]
}
