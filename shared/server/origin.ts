import type { IncomingMessage } from 'node:http'

/** Tells whether a request comes from a page that may talk to this server. */
export type OriginCheck = (req: IncomingMessage) => boolean

/**
 * Browsers name the page that makes a request in `Origin` (RFC 6454 section 7.3) and pages cannot forge it.
 * WebSockets know no same-origin policy: without this check any web page could use a visitor's connection
 * (cross-site WebSocket hijacking, RFC 6455 section 10.2).
 *
 * Accepted: no Origin (not a browser), the page's own, and the exact ones in `allowed`.
 */
export function createOriginCheck(allowed: readonly string[]): OriginCheck {
  return (req) => {
    const { origin } = req.headers
    return origin === undefined || origin === ownOrigin(req) || allowed.includes(origin)
  }
}

const isOwnPage = createOriginCheck([])

/**
 * Whether another site's page makes this request. A page may ask for an address with GET without saying its Origin, as for
 * a picture; browsers then say in `Sec-Fetch-Site` where it comes from (w3.org/TR/fetch-metadata).
 */
export function isFromElsewhere(req: IncomingMessage): boolean {
  const site = String(req.headers['sec-fetch-site'] ?? 'none')
  return !isOwnPage(req) || !['same-origin', 'none'].includes(site)
}

/** The origin under which the browser sees this server, or undefined when the Host header makes none. */
function ownOrigin(req: IncomingMessage): string | undefined {
  // A proxy that ends TLS says so here. A page cannot set this header across origins without our consent.
  const forwarded = req.headers['x-forwarded-proto']
  const scheme = forwarded === 'https' || 'encrypted' in req.socket ? 'https' : 'http'
  const url = `${scheme}://${req.headers.host}`
  return URL.canParse(url) ? new URL(url).origin : undefined
}
