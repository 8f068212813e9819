import type { OriginCheck } from '@levels/shared/server/origin.ts'
import { HttpError } from '@levels/shared/server/respond.ts'
import type { Request } from 'express'
import type { Device } from './sessions.ts'

/**
 * For what acts on a cookie, which a browser attaches by itself. A foreign page's request names its Origin, and a custom
 * header is something no form can send and no foreign script may without our consent (OWASP, CSRF prevention).
 * Throws HttpError 403.
 */
export function requireOwnPage(req: Request, isAllowedOrigin: OriginCheck): void {
  if (!isAllowedOrigin(req)) {
    throw new HttpError(403, 'origin_refused', 'This page may not do that.')
  }
  if (req.headers['x-requested-with'] !== 'fetch') {
    throw new HttpError(403, 'header_missing', 'Send the header X-Requested-With: fetch.')
  }
}

/** The browser and address behind a request, as far as it tells. */
export function deviceOf(req: Request): Device {
  return { userAgent: (req.headers['user-agent'] ?? '').slice(0, 300), ip: req.ip ?? '' }
}
