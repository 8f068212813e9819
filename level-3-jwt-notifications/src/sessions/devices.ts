import { HttpError } from '@levels/shared/server/http-error.ts'
import cookieParser from 'cookie-parser'
import type { CookieOptions, Request, Response } from 'express'
import { type Model, Types } from 'mongoose'
import type { SessionDoc } from './models.ts'
import { alive, SESSION_LIFETIME_MS, type Sessions } from './sessions.ts'
import type { Device, DeviceSession } from './shapes.ts'

/** A user's sessions as the user sees them: a list of devices, each of which can be signed out. */
export function createDevices(Session: Model<SessionDoc>, sessions: Sessions) {
  async function endAllOf(userId: string, butSid?: string): Promise<void> {
    const others = { userId, ...alive(), ...(butSid && { _id: { $ne: butSid } }) }
    const sids = (await Session.find(others, { _id: 1 }).lean()).map(({ _id }) => _id)
    await sessions.end(userId, sids)
  }

  return {
    endAllOf,

    /** Most recently used first. */
    async list(userId: string, currentSid: string): Promise<DeviceSession[]> {
      const found = await Session.find({ userId, ...alive() })
        .sort({ lastUsedAt: -1 })
        .lean()
      return found.map((session) => ({
        id: session._id,
        userAgent: session.userAgent,
        ip: session.ip,
        createdAt: session.createdAt.toISOString(),
        lastUsedAt: session.lastUsedAt.toISOString(),
        current: session._id === currentSid,
      }))
    },

    /** Throws HttpError 404 when there is no such session, 403 when it is another user's. */
    async signOut(userId: string, sid: string): Promise<void> {
      const session = await Session.findById(sid, { userId: 1 }).lean()
      if (!session) throw new HttpError(404, 'not_found', 'There is no such session.')
      if (!session.userId.equals(userId)) throw new HttpError(403, 'not_yours', 'This session is not yours.')
      await sessions.end(userId, [sid])
    },

    /** Whose session a refresh token is of, used or not: it is good enough for signing out. */
    async ownerOf(cookie: string | undefined): Promise<{ userId: string; sid: string } | undefined> {
      const token = sessions.parse(cookie)
      const session = token && (await Session.findById(token.sid, { userId: 1 }).lean())
      return session ? { userId: session.userId.toHexString(), sid: session._id } : undefined
    },

    /**
     * True when the user has never signed in from such a browser at such an address, as far back as sessions are kept.
     * The very first sign-in is none: there is no other device to compare with, or to warn.
     */
    async isNew(userId: string, { userAgent, ip }: Device): Promise<boolean> {
      const [any, same] = await Promise.all([
        Session.exists({ userId }),
        Session.exists({ userId, userAgent, ip }),
      ])
      const accountAgeMs = Date.now() - new Types.ObjectId(userId).getTimestamp().getTime()
      const isFirst = any === null && accountAgeMs < SESSION_LIFETIME_MS
      return same === null && !isFirst
    },
  }
}

/** The browser and address behind a request, as far as it tells. */
export function deviceOf(req: Request): Device {
  return { userAgent: (req.headers['user-agent'] ?? '').slice(0, 300), ip: req.ip ?? '' }
}

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
