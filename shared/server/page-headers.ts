import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * Scripts come from the own origin only and none is inline, so that text which slipped into the page as HTML
 * still could not run (Content Security Policy Level 3). Vite's development mode injects styles, never scripts; its
 * client watches for the server's return from a worker that it makes of a blob.
 */
function contentSecurityPolicy(development: boolean): string {
  const more = development ? "style-src 'self' 'unsafe-inline'; worker-src 'self' blob:" : "style-src 'self'"
  return (
    `default-src 'self'; script-src 'self'; ${more}; img-src 'self' data:; connect-src 'self'; ` +
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
  )
}

/** Files are only read: a POST to one is for nobody here. */
export function isReading(req: IncomingMessage): boolean {
  return req.method === 'GET' || req.method === 'HEAD'
}

export function setPageHeaders(res: ServerResponse, development: boolean): void {
  res.setHeader('content-security-policy', contentSecurityPolicy(development))
  res.setHeader('x-content-type-options', 'nosniff')
  res.setHeader('referrer-policy', 'same-origin')
}
