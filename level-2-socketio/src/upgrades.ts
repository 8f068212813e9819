import type { IncomingMessage, Server } from 'node:http'
import { pathOf, refuseUpgrade } from '@levels/shared/server/http.ts'
import type { OriginCheck } from '@levels/shared/server/origin.ts'
import type { Page } from '@levels/shared/server/page.ts'

type AllowRequest = (req: IncomingMessage, callback: (error: string | null, allowed: boolean) => void) => void

/**
 * Socket.IO's `allowRequest`: asked before every new connection, long-polling or WebSocket. Its `cors` option is no
 * substitute: a browser asks no CORS question before it opens a WebSocket (socket.io/docs/v4/handling-cors).
 */
export function allowOrigins(isAllowedOrigin: OriginCheck): AllowRequest {
  return (req, callback) => {
    if (isAllowedOrigin(req)) return callback(null, true)
    if (!req.headers.upgrade) return callback('This page may not connect here.', false)
    // Left to Socket.IO, a refused WebSocket would get a 400, as if its request were malformed.
    refuseUpgrade(req.socket, 403, 'origin_refused', 'This page may not connect here.')
  }
}

/** Answers upgrades that are neither Socket.IO's nor the page's: otherwise they would hang for a second. */
export function refuseOtherUpgrades(http: Server, socketPath: string, page?: Page): void {
  http.on('upgrade', (req, socket) => {
    if (pathOf(req).startsWith(socketPath) || page?.ownsUpgrade(req)) return
    refuseUpgrade(socket, 404, 'not_found', `The socket is at ${socketPath}.`)
  })
}
