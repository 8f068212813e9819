import type { Server } from 'node:http'
import { closeHttpServer, createHttpServer, pathOf, refuseUpgrade } from '@levels/shared/server/http.ts'
import type { Log } from '@levels/shared/server/log.ts'
import { createOriginCheck } from '@levels/shared/server/origin.ts'
import type { Page } from '@levels/shared/server/page.ts'
import { sendError, sendJson } from '@levels/shared/server/respond.ts'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Config } from './config.ts'
import { CLOSE, NOTIFY_PATH, SOCKET_PATH } from './events.ts'
import { startHeartbeat } from './heartbeat.ts'
import { readNotification } from './notify.ts'
import { sendBounded } from './send.ts'

/** How long a client may take to answer the goodbye at shutdown, in milliseconds. */
const CLOSE_GRACE_MS = 1_000

export interface Options
  extends Pick<Config, 'allowedOrigins' | 'heartbeatMs' | 'maxMessageBytes' | 'maxClients'> {
  log: Log
  page?: Page
}

export interface Level1Server {
  /** Not listening yet. */
  http: Server
  /** The open sockets. */
  clients: Set<WebSocket>
  /** Tells every client that the server goes away, and resolves when all are gone, in about a second at most. */
  close(): Promise<void>
}

/** Level 1: what comes in goes back to its sender (echo), what is posted to /notify goes to everyone (push). */
export function createServer({ log, page, ...limits }: Options): Level1Server {
  const isAllowedOrigin = createOriginCheck(limits.allowedOrigins)
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.maxMessageBytes,
    perMessageDeflate: false, // costs much memory and time (ws README), and saves little on short texts
  })

  const http = createHttpServer(async (req, res) => {
    const path = pathOf(req)
    if (path === '/healthz') return sendJson(res, 200, { status: 'ok' })
    if (path === NOTIFY_PATH) {
      const text = await readNotification(req, isAllowedOrigin)
      return sendJson(res, 202, { delivered: push(text) })
    }
    const notFound = () => sendError(res, 404, 'not_found', `There is nothing at ${path}.`)
    if (page) page.handle(req, res, notFound)
    else notFound()
  }, log)

  http.on('upgrade', (req, socket, head) => {
    if (page?.ownsUpgrade(req)) return
    // Refused here, before the handshake, no WebSocket ever exists: nothing to clean up.
    if (pathOf(req) !== SOCKET_PATH)
      return refuseUpgrade(socket, 404, 'not_found', `The socket is at ${SOCKET_PATH}.`)
    if (!isAllowedOrigin(req))
      return refuseUpgrade(socket, 403, 'origin_refused', 'This page may not connect here.')
    if (sockets.clients.size >= limits.maxClients)
      return refuseUpgrade(socket, 503, 'full', 'Too many connections.')
    sockets.handleUpgrade(req, socket, head, welcome)
  })

  function welcome(socket: WebSocket): void {
    // Without a listener, an error of one peer (a frame too large, a reset) would end the whole process.
    socket.on('error', (error) => log.debug(`socket: ${error.message}`))
    socket.on('message', (data, isBinary) => sendBounded(socket, data as Buffer, isBinary))
  }

  function push(text: string): number {
    const data = Buffer.from(text) // encoded once, for however many listeners
    let delivered = 0
    for (const socket of sockets.clients) if (sendBounded(socket, data, false)) delivered++
    return delivered
  }

  const heartbeat = startHeartbeat(sockets.clients, limits.heartbeatMs)

  return {
    http,
    clients: sockets.clients,
    async close() {
      heartbeat.stop()
      // Whoever asks for an upgrade from here on gets 503.
      const empty = new Promise((resolve) => sockets.close(resolve))
      const closed = closeHttpServer(http)
      for (const socket of sockets.clients) socket.close(CLOSE.goingAway, 'server is shutting down')
      // Closing takes an answer (RFC 6455 section 7.1.2), and a hung peer never gives one.
      const deadline = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate()
      }, CLOSE_GRACE_MS)
      await Promise.all([empty, closed])
      clearTimeout(deadline)
    },
  }
}
