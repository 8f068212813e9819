import cookieParser from 'cookie-parser'
import type { CookieOptions, Request, Response } from 'express'
import { SESSION_LIFETIME_MS } from './sessions.ts'
import type { Device } from './shapes.ts'

const NAME = 'refresh_token'
const parse = cookieParser()

/** The refresh token's cookie. `secure`: for https only, as in production; over plain http a browser would not keep it. */
export function createRefreshCookie(secure: boolean) {
  const attributes: CookieOptions = {
    httpOnly: true, // no script can read it, not even one that slipped into the page
    sameSite: 'strict', // no other site's request carries it
    path: '/api/auth', // and it travels only where it is needed
    secure,
  }
  return {
    /** As it came, unchecked. */
    read(req: Request): string | undefined {
      // A middleware, and the one route that needs it calls it: it leaves what it read in `req.cookies`.
      if (req.res) parse(req, req.res, () => undefined)
      const value: unknown = req.cookies?.[NAME]
      if (value === undefined) return undefined
      return typeof value === 'string' ? value : '' // what begins with `j:` has become an object: no token
    },
    set(res: Response, refreshToken: string): void {
      res.cookie(NAME, refreshToken, { ...attributes, maxAge: SESSION_LIFETIME_MS })
    },
    // A browser removes a cookie only when it is named with the very attributes it was set with.
    clear(res: Response): void {
      res.clearCookie(NAME, attributes)
    },
  }
}

/** The browser and address behind a request, as far as it tells. */
export function deviceOf(req: Request): Device {
  return { userAgent: (req.headers['user-agent'] ?? '').slice(0, 300), ip: req.ip ?? '' }
}
