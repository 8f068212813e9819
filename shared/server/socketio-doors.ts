import type { Server as HttpServer, IncomingMessage } from 'node:http'
import { pathOf, refuseUpgrade } from './http.ts'
import type { OriginCheck } from './origin.ts'

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

/**
 * Answers upgrades that are neither Socket.IO's (at `socketPath`) nor somebody else's: otherwise they would hang.
 * `isTaken` says for which upgrades another listener answers.
 */
export function refuseOtherUpgrades(
  http: HttpServer,
  socketPath: string,
  isTaken: (req: IncomingMessage) => boolean = () => false,
): void {
  http.on('upgrade', (req, socket) => {
    if (pathOf(req).startsWith(socketPath) || isTaken(req)) return
    refuseUpgrade(socket, 404, 'not_found', `The socket is at ${socketPath}.`)
  })
}
