import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * A refresh token as its cookie carries it: `<session id>.<256 bits>`. The first part finds the session, the second
 * proves. Only its owner ever sees a session's id, so naming one gives no stranger anything.
 */
export interface RefreshToken {
  sid: string
  secret: string
}

const SHAPE = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([\w-]{43})$/

export function formatRefreshToken({ sid, secret }: RefreshToken): string {
  return `${sid}.${secret}`
}

/** Undefined for anything but exactly this shape: cookie-parser turns `j:{…}` into objects, which end here. */
export function parseRefreshToken(cookie: unknown): RefreshToken | undefined {
  const [, sid, secret] = (typeof cookie === 'string' && SHAPE.exec(cookie)) || []
  return sid && secret ? { sid, secret } : undefined
}

export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/**
 * What follows `secret`: an HMAC of it, so every instance that is shown the same used token answers with the same
 * successor, although the database has hashes only.
 */
export function successorOf(secret: string, key: Buffer): string {
  return createHmac('sha256', key).update(secret).digest('base64url')
}

/** What the database keeps. Plain SHA-256 is enough: 256 random bits cannot be guessed, slow hashing adds nothing. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}

export function hashesEqual(a: string | undefined, b: string): boolean {
  return a !== undefined && a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}
