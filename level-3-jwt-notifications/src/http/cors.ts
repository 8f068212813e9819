import type { RequestHandler } from 'express'

/**
 * Lets the pages of these origins read answers and send credentials (Fetch Standard, "CORS protocol"). Each is named
 * back exactly: a wildcard would let any page do it, and browsers refuse one together with credentials.
 */
export function allowOrigins(origins: readonly string[]): RequestHandler {
  return (req, res, next) => {
    const { origin } = req.headers
    if (origins.length > 0) res.vary('Origin')
    if (origin === undefined || !origins.includes(origin)) return next()
    res.setHeader('access-control-allow-origin', origin)
    res.setHeader('access-control-allow-credentials', 'true')
    res.setHeader('access-control-expose-headers', 'Retry-After')
    if (req.method !== 'OPTIONS') return next()
    res.setHeader('access-control-allow-methods', 'GET, POST, PATCH, DELETE')
    res.setHeader(
      'access-control-allow-headers',
      'Authorization, Content-Type, Idempotency-Key, X-Requested-With',
    )
    res.status(204).end()
  }
}
