import { randomUUID } from 'node:crypto'
import type { Models, SessionDoc } from '../models.ts'
import { refusal } from './access-token.ts'
import {
  formatRefreshToken,
  hashesEqual,
  hashSecret,
  newSecret,
  parseRefreshToken,
  type RefreshToken,
  successorOf,
} from './refresh-token.ts'

/** Where a request comes from, as far as it can be known. */
export interface Device {
  userAgent: string
  ip: string
}

/** A session and the cookie value that continues it. */
export interface Continued {
  sid: string
  userId: string
  refreshToken: string
}

export type Sessions = ReturnType<typeof createSessions>

/** Sliding: each refresh starts it anew. */
export const SESSION_LIFETIME_MS = 30 * 86_400_000

/** How long a used token may still be shown by the loser of a race (two tabs, a lost answer). */
const GRACE_MS = 10_000

/**
 * Device sessions and their refresh tokens. A token is good once; using it gives its successor. A used one shown
 * again means that two parties hold it, one of them a thief, and nobody knows which: the session ends (RFC 9700
 * section 4.14.2). `onEnded` hears of every session that ends, whatever the reason.
 */
export function createSessions(
  { Session }: Models,
  refreshTokenKey: Buffer,
  onEnded: (userId: string, sids: string[]) => void,
) {
  const collection = Session.db.collection<SessionDoc>(Session.collection.name)

  async function open(userId: string, { userAgent, ip }: Device): Promise<Continued> {
    const token: RefreshToken = { sid: randomUUID(), secret: newSecret() }
    const now = new Date()
    await Session.create({
      _id: token.sid,
      userId,
      tokenHash: hashSecret(token.secret),
      rotatedAt: now,
      userAgent,
      ip,
      createdAt: now,
      lastUsedAt: now,
      expiresAt: new Date(now.getTime() + SESSION_LIFETIME_MS),
    })
    return { sid: token.sid, userId, refreshToken: formatRefreshToken(token, refreshTokenKey) }
  }

  /** Throws a 401 refusal: `token_missing`, `token_invalid`, `token_expired` or `session_revoked`. */
  async function refresh(cookie: unknown, { userAgent, ip }: Device): Promise<Continued> {
    if (cookie === undefined) throw refusal('token_missing')
    const token = parseRefreshToken(cookie, refreshTokenKey)
    if (!token) throw refusal('token_invalid')
    const { sid } = token
    const used = hashSecret(token.secret)
    const successor = { sid, secret: successorOf(token.secret, refreshTokenKey) }
    const now = new Date()

    // Compare and set in one step: of any number of parallel refreshes with one token, exactly one passes here.
    const rotated = await Session.findOneAndUpdate(
      { _id: sid, tokenHash: used, revokedAt: null, expiresAt: { $gt: now } },
      {
        $set: {
          tokenHash: hashSecret(successor.secret),
          previousTokenHash: used,
          rotatedAt: now,
          lastUsedAt: now,
          expiresAt: new Date(now.getTime() + SESSION_LIFETIME_MS),
          userAgent,
          ip,
        },
      },
    ).lean()
    const session = rotated ?? (await Session.findById(sid).lean())
    if (!session) throw refusal('token_invalid')
    if (session.revokedAt) throw refusal('session_revoked')
    if (session.expiresAt <= now) throw refusal('token_expired')
    const userId = session.userId.toHexString()

    // While the successor is unused, its predecessor is still the "previous" one. After that it is history.
    const lostTheRace =
      hashesEqual(session.previousTokenHash, used) && now.getTime() - session.rotatedAt.getTime() <= GRACE_MS
    if (!rotated && !lostTheRace) {
      await end(userId, [sid])
      throw refusal('session_revoked')
    }
    return { sid, userId, refreshToken: formatRefreshToken(successor, refreshTokenKey) }
  }

  /** Those of the sessions that are alive, found with one query. */
  async function alive(sids: readonly string[]): Promise<Set<string>> {
    const sessions = await Session.find(
      { _id: { $in: sids }, revokedAt: null, expiresAt: { $gt: new Date() } },
      { _id: 1 },
    ).lean()
    return new Set(sessions.map(({ _id }) => _id))
  }

  /** Throws 401 `session_revoked` unless the session is alive. */
  async function requireAlive(sid: string): Promise<void> {
    // The driver's own: this runs ahead of every request, and mongoose would double its price.
    const alive = await collection.findOne(
      { _id: sid, revokedAt: { $exists: false }, expiresAt: { $gt: new Date() } },
      { projection: { _id: 1 } },
    )
    if (!alive) throw refusal('session_revoked')
  }

  /** Ends the user's sessions named, and cuts everything that lives on them. */
  async function end(userId: string, sids: string[]): Promise<void> {
    await Session.updateMany(
      { _id: { $in: sids }, userId, revokedAt: null },
      { $set: { revokedAt: new Date() } },
    )
    onEnded(userId, sids)
  }

  /** Whose session a refresh token is of, used or not: it is good enough for signing out. */
  async function ownerOf(cookie: unknown): Promise<{ userId: string; sid: string } | undefined> {
    const token = parseRefreshToken(cookie, refreshTokenKey)
    const session = token && (await Session.findById(token.sid).lean())
    if (!token || !session) return undefined
    return { userId: session.userId.toHexString(), sid: token.sid }
  }

  return { open, refresh, requireAlive, alive, end, ownerOf }
}
