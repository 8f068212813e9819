import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * A refresh token as its cookie carries it: `<session id>.<256 bits>.<signature>`. The first part finds the session, the
 * second proves. The signature (HMAC) says that this server made the pair: a made-up secret must not pass for a used one,
 * or knowing a session's id, which stands in every access token, would be enough to end it.
 */
export interface RefreshToken {
  sid: string
  secret: string
}

const SHAPE = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([\w-]{43})\.([\w-]{43})$/

export function formatRefreshToken(token: RefreshToken, key: Buffer): string {
  return `${token.sid}.${token.secret}.${sign(token, key)}`
}

/** Undefined for anything but what we made: cookie-parser turns `j:{…}` into objects, which end here as well. */
export function parseRefreshToken(cookie: unknown, key: Buffer): RefreshToken | undefined {
  const [, sid, secret, signature] = (typeof cookie === 'string' && SHAPE.exec(cookie)) || []
  if (!sid || !secret || !signature) return undefined
  return hashesEqual(signature, sign({ sid, secret }, key)) ? { sid, secret } : undefined
}

function sign({ sid, secret }: RefreshToken, key: Buffer): string {
  return createHmac('sha256', key).update(`${sid}.${secret}`).digest('base64url')
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
