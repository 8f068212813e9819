import type { Server } from 'node:http'
import {
  answerOn,
  closeHttpServer,
  createHttpServer,
  pathOf,
  refuseUpgrade,
} from '@levels/shared/server/http.ts'
import type { Log } from '@levels/shared/server/log.ts'
import { createOriginCheck } from '@levels/shared/server/origin.ts'
import type { Page } from '@levels/shared/server/page.ts'
import { sendError, sendJson } from '@levels/shared/server/respond.ts'
import type { WebSocket } from 'ws'
import type { Config } from './config.ts'
import { NOTIFY_PATH, SOCKET_PATH } from './events.ts'
import { readNotification } from './notify.ts'
import { attachWebSockets } from './websocket.ts'

export interface Options
  extends Pick<Config, 'allowedOrigins' | 'heartbeatMs' | 'maxMessageBytes' | 'maxClients'> {
  log: Log
  page?: Page
  /** A server of the caller's. What this level has no route for goes to the listeners that it has already. */
  http?: Server
}

export interface Level1Server {
  /** Not listening yet, unless it is the caller's. */
  http: Server
  /** The open sockets. */
  clients: Set<WebSocket>
  /** Tells every client that the server goes away, and ends it unless it is the caller's, in about a second at most. */
  close(): Promise<void>
}

/** Level 1: what comes in goes back to its sender (echo), what is posted to /notify goes to everyone (push). */
export function createServer({ log, page, ...options }: Options): Level1Server {
  const isAllowedOrigin = createOriginCheck(options.allowedOrigins)

  const http =
    options.http ??
    createHttpServer((req, res) => {
      const path = pathOf(req)
      if (path === '/healthz') return sendJson(res, 200, { status: 'ok' })
      const notFound = () => sendError(res, 404, 'not_found', `There is nothing at ${path}.`)
      if (page) page.handle(req, res, notFound)
      else notFound()
    }, log)
  answerOn(http, log, NOTIFY_PATH, async (req, res) => {
    const text = await readNotification(req, isAllowedOrigin)
    sendJson(res, 202, { delivered: sockets.push(text) })
  })

  const sockets = attachWebSockets(http, {
    ...options,
    path: SOCKET_PATH,
    isAllowedOrigin,
    onMessage: (data, isBinary, send) => send(data, isBinary),
    onError: (error) => log.debug(`socket: ${error.message}`),
    onOtherUpgrade(req, socket) {
      if (options.http || page?.ownsUpgrade(req)) return
      refuseUpgrade(socket, 404, 'not_found', `The socket is at ${SOCKET_PATH}.`)
    },
  })
  page?.watch?.({ instance: 'level-1', http, webSockets: sockets.clients })

  return {
    http,
    clients: sockets.clients,
    async close() {
      const closed = options.http ? undefined : closeHttpServer(http)
      await Promise.all([sockets.close(), closed])
    },
  }
}
