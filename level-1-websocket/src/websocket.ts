import type { IncomingMessage, Server } from 'node:http'
import { pathOf, refuseUpgrade } from '@levels/shared/server/http.ts'
import type { OriginCheck } from '@levels/shared/server/origin.ts'
import { type WebSocket, WebSocketServer } from 'ws'
import { CLOSE } from './events.ts'
import { startHeartbeat } from './heartbeat.ts'
import { sendBounded } from './send.ts'

/** How long a client may take to answer the goodbye at shutdown, in milliseconds. */
const CLOSE_GRACE_MS = 1_000

export interface WebSocketOptions {
  /** Where clients connect. */
  path: string
  isAllowedOrigin: OriginCheck
  /** How often every peer is asked whether it is still there, in milliseconds. */
  heartbeatMs: number
  /** The largest message taken, in bytes. */
  maxMessageBytes: number
  /** The most sockets open at once. */
  maxClients: number
  /** What a client sent. To answer, call `send`. */
  onMessage(data: Buffer, isBinary: boolean, send: (data: Buffer, isBinary: boolean) => boolean): void
  /** An error of one peer: a frame that is too large, a reset. The socket is closed already. */
  onError?(error: Error): void
  /** What becomes of an upgrade to another path. Default: 404. */
  onOtherUpgrade?(...upgrade: [req: IncomingMessage, socket: IncomingMessage['socket']]): void
}

export interface WebSockets {
  /** The open sockets. */
  clients: Set<WebSocket>
  /** Sends a text to everyone. Returns to how many it was handed: nobody tells whether it arrived. */
  push(text: string): number
  /** Tells every client that the server goes away, and resolves when all are gone, in about a second at most. */
  close(): Promise<void>
}

/** Opens a WebSocket at `path` of an HTTP server: foreign pages, dead peers and slow readers are kept out. */
export function attachWebSockets(http: Server, options: WebSocketOptions): WebSockets {
  const { path, isAllowedOrigin, maxClients, onMessage, onError = () => undefined } = options
  const refuseOther: NonNullable<WebSocketOptions['onOtherUpgrade']> = (_req, socket) =>
    refuseUpgrade(socket, 404, 'not_found', `The socket is at ${path}.`)
  const { onOtherUpgrade = refuseOther } = options
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: options.maxMessageBytes,
    perMessageDeflate: false, // costs much memory and time (ws README), and saves little on short texts
  })

  http.on('upgrade', (req, socket, head) => {
    // Refused here, before the handshake, no WebSocket ever exists: nothing to clean up.
    if (pathOf(req) !== path) return onOtherUpgrade(req, req.socket)
    if (!isAllowedOrigin(req))
      return refuseUpgrade(socket, 403, 'origin_refused', 'This page may not connect here.')
    if (sockets.clients.size >= maxClients) return refuseUpgrade(socket, 503, 'full', 'Too many connections.')
    sockets.handleUpgrade(req, socket, head, welcome)
  })

  function welcome(socket: WebSocket): void {
    const send = (data: Buffer, isBinary: boolean) => sendBounded(socket, data, isBinary)
    // Without a listener, an error of one peer would end the whole process.
    socket.on('error', onError)
    socket.on('message', (data, isBinary) => onMessage(data as Buffer, isBinary, send))
  }

  const heartbeat = startHeartbeat(sockets.clients, options.heartbeatMs)

  return {
    clients: sockets.clients,
    push(text) {
      const data = Buffer.from(text) // encoded once, for however many listeners
      let delivered = 0
      for (const socket of sockets.clients) if (sendBounded(socket, data, false)) delivered++
      return delivered
    },
    async close() {
      heartbeat.stop()
      // An upgrade from here on gets 503.
      const empty = new Promise((resolve) => sockets.close(resolve))
      for (const socket of sockets.clients) socket.close(CLOSE.goingAway, 'server is shutting down')
      // Closing takes an answer (RFC 6455 section 7.1.2), and a hung peer never gives one.
      const deadline = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate()
      }, CLOSE_GRACE_MS)
      await empty
      clearTimeout(deadline)
    },
  }
}
