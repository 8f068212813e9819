import { parseCookie } from 'cookie'
import type { CookieOptions, Request, Response } from 'express'
import { SESSION_LIFETIME_MS } from './sessions.ts'

/** The refresh token's cookie. */
export interface RefreshCookie {
  /** As it came, unchecked. */
  read(req: Request): string | undefined
  set(res: Response, refreshToken: string): void
  clear(res: Response): void
}

const NAME = 'refresh_token'

/** `secure`: sent over https only, as production should; plain http://localhost could not keep it otherwise. */
export function createRefreshCookie(secure: boolean): RefreshCookie {
  const attributes: CookieOptions = {
    httpOnly: true, // no script can read it, not even one that slipped into the page
    sameSite: 'strict', // no other site's request carries it
    path: '/api/auth', // and it travels only where it is needed
    secure,
  }
  return {
    read: (req) => parseCookie(req.headers.cookie ?? '')[NAME],
    set: (res, refreshToken) =>
      res.cookie(NAME, refreshToken, { ...attributes, maxAge: SESSION_LIFETIME_MS }),
    // A browser removes a cookie only when it is named with the very attributes it was set with.
    clear: (res) => res.clearCookie(NAME, attributes),
  }
}
