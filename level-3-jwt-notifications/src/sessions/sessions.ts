import { createHmac, hash, type KeyObject, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import jwt from 'jsonwebtoken'
import type { Model } from 'mongoose'
import type { SessionDoc } from './models.ts'
import { type Claims, claims, type Device, refusal } from './shapes.ts'

/** Sliding, in milliseconds: each refresh starts it anew. */
export const SESSION_LIFETIME_MS = 30 * 86_400_000

/** How long a used refresh token may be repeated, in milliseconds: by the loser of a race, or after a lost answer. */
const GRACE_MS = 60_000

/** Pinned: a token says itself how it was signed and for whom, and believing that lets forgeries in (RFC 8725). */
const PINNED = { issuer: 'realtime-level-by-level', audience: 'realtime-level-by-level/api' }
const ALGORITHM = 'HS256'

export type AccessTokens = ReturnType<typeof createAccessTokens>

/** Access tokens: JWTs (RFC 7519) that live `ttlS` seconds, signed with `key`. */
export function createAccessTokens(key: KeyObject, ttlS: number) {
  return {
    issue({ userId, sid, role }: Omit<Claims, 'expiresAt'>, expiresIn = ttlS) {
      const jwtid = randomUUID() // two tokens of one second differ
      const options: jwt.SignOptions = { ...PINNED, algorithm: ALGORITHM, subject: userId, jwtid, expiresIn }
      return { token: jwt.sign({ sid, role }, key, options), expiresIn }
    },
    /** Throws a 401 refusal. Tells nothing about the session: ask `living`, too. */
    verify(token: unknown): Claims {
      if (token === undefined || token === null || token === '') throw refusal('token_missing')
      if (typeof token !== 'string') throw refusal('token_invalid')
      try {
        return claims.parse(jwt.verify(token, key, { ...PINNED, algorithms: [ALGORITHM] }))
      } catch (error) {
        throw refusal(error instanceof jwt.TokenExpiredError ? 'token_expired' : 'token_invalid')
      }
    },
  }
}

/** The one meaning of "this session is alive", as a filter. */
export const alive = () => ({ revokedAt: null, expiresAt: { $gt: new Date() } })

export interface SessionHooks {
  /** Hears of every session that ends, whatever the reason. */
  onEnded(sids: string[]): void
  /** Hears once of a refresh token that was used a second time: its session has ended. */
  onReplayed(replay: Device & { userId: string; sid: string }): void
}

export type Sessions = ReturnType<typeof createSessions>

/**
 * Device sessions and their refresh tokens. A token is good once; using it gives its successor. A used one shown again
 * means that two parties hold it, one of them a thief, and no server can tell which: the session ends (RFC 9700
 * section 4.14.2).
 */
export function createSessions(Session: Model<SessionDoc>, key: Buffer, hooks: SessionHooks) {
  const documents = Session.db.collection<SessionDoc>(Session.collection.name)
  const hmac = (text: string) => createHmac('sha256', key).update(text).digest('base64url')

  /** As the cookie carries it. The signature keeps a made-up secret from passing for a used one. */
  const format = (sid: string, secret: string) => `${sid}.${secret}.${hmac(`${sid}.${secret}`)}`

  function parse(cookie: string | undefined): { sid: string; secret: string } | undefined {
    const [sid = '', secret = ''] = cookie?.split('.') ?? []
    return equal(cookie ?? '', format(sid, secret)) ? { sid, secret } : undefined
  }

  /** Opens a session: what signing in gives. */
  async function open(userId: string, device: Device) {
    const now = new Date()
    const sid = randomUUID()
    const secret = randomBytes(32).toString('base64url')
    const tokenHash = sha256(secret)
    await Session.create({ _id: sid, userId, tokenHash, createdAt: now, ...used(now), ...device })
    return { sid, userId, refreshToken: format(sid, secret) }
  }

  /** Throws a 401 refusal. */
  async function refresh(cookie: string | undefined, device: Device) {
    if (cookie === undefined) throw refusal('token_missing')
    const token = parse(cookie)
    if (!token) throw refusal('token_invalid')
    const { sid, secret } = token
    // An HMAC of the used token: every instance gives the same successor, although the database has hashes only.
    const successor = hmac(secret)
    const now = new Date()

    // Compare and set in one step: of any number of parallel refreshes with one token, exactly one passes here.
    const winner = await Session.findOneAndUpdate(
      { _id: sid, tokenHash: sha256(secret), ...alive() },
      { $set: { tokenHash: sha256(successor), previousTokenHash: sha256(secret), ...used(now), ...device } },
    ).lean()
    const session = winner ?? (await Session.findById(sid).lean())
    if (!session) throw refusal('token_invalid')
    if (session.revokedAt) throw refusal('session_revoked')
    if (session.expiresAt <= now) throw refusal('token_expired')
    const userId = session.userId.toHexString()

    // While the successor is unused, this token is still the previous one. After that it is history: a replay.
    const isPrevious = session.previousTokenHash === sha256(secret)
    const forgiven = isPrevious && now.getTime() - session.rotatedAt.getTime() <= GRACE_MS
    if (!winner && !forgiven) {
      if (await end(userId, [sid])) hooks.onReplayed({ userId, sid, ...device })
      throw refusal('session_revoked')
    }
    return { sid, userId, refreshToken: format(sid, successor) }
  }

  /** Those of the sessions that are alive. With the driver's own query: this runs ahead of every request. */
  async function living(sids: readonly string[]): Promise<Set<string>> {
    return new Set(await documents.distinct('_id', { _id: { $in: [...sids] }, ...alive() } as object))
  }

  /** Ends these sessions of a user, and everything that lives on them. Gives back how many were alive. */
  async function end(userId: string, sids: string[]): Promise<number> {
    const living = { _id: { $in: sids }, userId, revokedAt: null }
    const { modifiedCount } = await Session.updateMany(living, { revokedAt: new Date() })
    if (sids.length > 0) hooks.onEnded(sids)
    return modifiedCount
  }

  return { parse, open, refresh, living, end }
}

const used = (now: Date) => ({
  rotatedAt: now,
  lastUsedAt: now,
  expiresAt: new Date(now.getTime() + SESSION_LIFETIME_MS),
})

/** Plain SHA-256 is enough: 256 random bits cannot be guessed, and slow hashing adds nothing. */
const sha256 = (secret: string) => hash('sha256', secret, 'base64url')

/** Takes the same time however much of `given` is right. */
function equal(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)]
  return a.length === b.length && timingSafeEqual(a, b)
}
