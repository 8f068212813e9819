import { createPublicKey, type KeyObject } from 'node:crypto'
import { isIP } from 'node:net'
import jwt from 'jsonwebtoken'

/** Refused as RFC 8292 §4.2 suggests: 401 when the identification is absent, 403 when it is wrong. */
export class VapidError extends Error {
  readonly status: 401 | 403

  constructor(status: 401 | 403, message: string) {
    super(message)
    this.status = status
  }
}

const MAX_LIFETIME_S = 24 * 60 * 60

/**
 * Checks who sends a push message: `Authorization: vapid t=<JWT>, k=<public key>` (RFC 8292). The token must be
 * signed by the key it comes with (ES256), name this service as its audience, expire within 24 hours, and say how
 * to reach the sender. Returns the public key (base64url); throws VapidError.
 */
export function checkVapid(authorization: string | undefined, audience: string): string {
  if (!authorization) throw new VapidError(401, 'no Authorization header')
  const [scheme, parameters = ''] = authorization.split(/ (.*)/s)
  if (scheme?.toLowerCase() !== 'vapid') throw new VapidError(401, 'the scheme is not vapid')
  const { t: token, k: key } = parseParameters(parameters)
  if (!token || !key) throw new VapidError(401, 'vapid needs t and k')

  const claims = verify(token, readPublicKey(key), audience)
  const secondsLeft = (claims.exp ?? 0) - Date.now() / 1000
  if (claims.exp === undefined) throw new VapidError(403, 'exp is missing')
  if (secondsLeft > MAX_LIFETIME_S) throw new VapidError(403, 'exp is more than 24 hours ahead')
  if (!isContact(claims.sub)) {
    throw new VapidError(403, 'sub is not a mailto: or https: contact with a real host')
  }
  return key
}

/** `t=abc, k=def`, in any order, quoted or not. */
function parseParameters(parameters: string): Record<string, string> {
  const pairs = parameters.matchAll(/([a-z]+)\s*=\s*"?([\w.~+/=-]*)"?/gi)
  return Object.fromEntries(Array.from(pairs, ([, name, value]) => [name?.toLowerCase(), value]))
}

/** 65 bytes: 4, then both coordinates of a point on P-256. */
function readPublicKey(key: string): KeyObject {
  const bytes = Buffer.from(key, 'base64url')
  if (bytes.length !== 65 || bytes[0] !== 4) throw new VapidError(403, 'k is not an uncompressed P-256 point')
  const x = bytes.toString('base64url', 1, 33)
  const y = bytes.toString('base64url', 33)
  try {
    return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' })
  } catch {
    throw new VapidError(403, 'k is not a point on P-256')
  }
}

function verify(token: string, key: KeyObject, audience: string): jwt.JwtPayload {
  try {
    const claims = jwt.verify(token, key, { algorithms: ['ES256'], audience })
    if (typeof claims === 'object') return claims
  } catch (problem) {
    throw new VapidError(403, problem instanceof Error ? problem.message : String(problem))
  }
  throw new VapidError(403, 'the token has no claims')
}

/** Apple's service answers 403 to localhost; a name without a dot or an address is no better contact. */
function isContact(subject: string | undefined): boolean {
  if (!subject || !URL.canParse(subject)) return false
  const { protocol, pathname, hostname } = new URL(subject)
  if (protocol !== 'mailto:' && protocol !== 'https:') return false
  const host = protocol === 'mailto:' ? (pathname.split('@')[1] ?? '') : hostname
  return host.includes('.') && isIP(host) === 0 && !/\.(localhost|local)$/i.test(host)
}
