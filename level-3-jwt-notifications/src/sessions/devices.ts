import { HttpError } from '@levels/shared/server/respond.ts'
import { Types } from 'mongoose'
import type { DeviceSession } from '../events.ts'
import type { Models } from '../models.ts'
import { type Device, SESSION_LIFETIME_MS, type Sessions } from './sessions.ts'

export type Devices = ReturnType<typeof createDevices>

/** A user's sessions as the user sees them: a list of devices, each of which can be signed out. */
export function createDevices({ Session }: Models, sessions: Sessions) {
  const alive = (userId: string) => ({ userId, revokedAt: null, expiresAt: { $gt: new Date() } })

  /** Most recently used first. */
  async function list(userId: string, currentSid: string): Promise<DeviceSession[]> {
    const found = await Session.find(alive(userId)).sort({ lastUsedAt: -1 }).lean()
    return found.map((session) => ({
      id: session._id,
      userAgent: session.userAgent,
      ip: session.ip,
      createdAt: session.createdAt.toISOString(),
      lastUsedAt: session.lastUsedAt.toISOString(),
      current: session._id === currentSid,
    }))
  }

  /** Throws HttpError 404 when there is no such session, 403 when it is another user's. */
  async function signOut(userId: string, sid: string): Promise<void> {
    const session = await Session.findById(sid, { userId: 1 }).lean()
    if (!session) throw new HttpError(404, 'not_found', 'There is no such session.')
    if (!session.userId.equals(userId)) throw new HttpError(403, 'not_yours', 'This session is not yours.')
    await sessions.end(userId, [sid])
  }

  async function signOutOthers(userId: string, currentSid: string): Promise<void> {
    const others = await Session.find({ ...alive(userId), _id: { $ne: currentSid } }, { _id: 1 }).lean()
    const sids = others.map(({ _id }) => _id)
    if (sids.length > 0) await sessions.end(userId, sids)
  }

  /**
   * True when the user has never signed in from such a browser at such an address, as far back as sessions are kept. The
   * very first sign-in is none: there is no other device to compare with, or to warn.
   */
  async function isNew(userId: string, { userAgent, ip }: Device): Promise<boolean> {
    const [any, same] = await Promise.all([
      Session.exists({ userId }),
      Session.exists({ userId, userAgent, ip }),
    ])
    const accountAgeMs = Date.now() - new Types.ObjectId(userId).getTimestamp().getTime()
    const isFirst = any === null && accountAgeMs < SESSION_LIFETIME_MS
    return same === null && !isFirst
  }

  return { list, signOut, signOutOthers, isNew }
}
