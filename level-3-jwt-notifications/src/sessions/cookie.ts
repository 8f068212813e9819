import { HttpError } from '@levels/shared/server/respond.ts'
import cookieParser from 'cookie-parser'
import type { CookieOptions, Request, Response } from 'express'
import { SESSION_LIFETIME_MS } from './sessions.ts'
import type { Device } from './shapes.ts'

/** The refresh token's cookie. */
export interface RefreshCookie {
  /** As it came, unchecked. */
  read(req: Request): string | undefined
  set(res: Response, refreshToken: string): void
  clear(res: Response): void
}

/** Whether a request comes from a page that may talk to this server, or from no page. */
export type OriginCheck = (req: Request) => boolean

const NAME = 'refresh_token'
const parse = cookieParser()

/** `secure`: sent over https only, as production should; plain http://localhost could not keep it otherwise. */
export function createRefreshCookie(secure: boolean): RefreshCookie {
  const attributes: CookieOptions = {
    httpOnly: true, // no script can read it, not even one that slipped into the page
    sameSite: 'strict', // no other site's request carries it
    path: '/api/auth', // and it travels only where it is needed
    secure,
  }
  return {
    read(req) {
      // A middleware, and the one route that needs it calls it: it leaves what it read in `req.cookies`.
      if (req.res) parse(req, req.res, () => undefined)
      const value: unknown = req.cookies?.[NAME]
      if (value === undefined) return undefined
      return typeof value === 'string' ? value : '' // what begins with `j:` has become an object: no token
    },
    set: (res, refreshToken) =>
      res.cookie(NAME, refreshToken, { ...attributes, maxAge: SESSION_LIFETIME_MS }),
    // A browser removes a cookie only when it is named with the very attributes it was set with.
    clear: (res) => res.clearCookie(NAME, attributes),
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

/** The browser and address behind a request, as far as it tells. */
export function deviceOf(req: Request): Device {
  return { userAgent: (req.headers['user-agent'] ?? '').slice(0, 300), ip: req.ip ?? '' }
}
