import type { Server as HttpServer } from 'node:http'
import { trackConnections } from '@levels/shared/server/connections.ts'
import { answerOn, createHttpServer, pathOf } from '@levels/shared/server/http.ts'
import type { Log } from '@levels/shared/server/log.ts'
import { createOriginCheck } from '@levels/shared/server/origin.ts'
import type { Page } from '@levels/shared/server/page.ts'
import { sendError, sendJson } from '@levels/shared/server/respond.ts'
import { guardConnections } from '@levels/shared/server/socketio.ts'
import { allowOrigins, refuseOtherUpgrades } from '@levels/shared/server/socketio-doors.ts'
import { Server } from 'socket.io'
import { WebSocketServer } from 'ws'
import { answerEvents } from './answer.ts'
import type { Config } from './config.ts'
import { NOTIFY_PATH, SOCKET_PATH } from './events.ts'
import type { Level2Io, Level2Socket } from './io.ts'
import { sendMessage, sendTyping } from './messages.ts'
import { answersPreflight, notify } from './notify.ts'
import { LIMITS, readRoom } from './payload.ts'
import { createPresence, type Presence } from './presence.ts'
import { RECOVERY_MS, RecoveryAdapter } from './recovery.ts'

export interface Options extends Pick<Config, 'allowedOrigins'> {
  log: Log
  page?: Page
  /** A server of the caller's. What this level has no route for goes to the listeners that it has already. */
  http?: HttpServer
  /** How long a user stays after the last tab closed. A reload takes less. */
  graceMs?: number
  /** How long name and rooms of a lost connection are kept. */
  keepMs?: number
  /** How often a client is asked whether it is there, in milliseconds. It is gone before it is asked a second time. */
  heartbeatMs?: number
}

export interface Level2Server {
  /** Not listening yet, unless it is the caller's. */
  http: HttpServer
  io: Level2Io
  /** What is remembered of people. */
  counts: Presence['counts']
  /** Ends every connection; and the server, unless it is the caller's. */
  close(): Promise<void>
}

/** Level 2: people with names, in rooms, who talk to everyone, to a room, or to each other. */
export function createServer({ log, page, ...options }: Options): Level2Server {
  const { graceMs, keepMs, heartbeatMs = 25_000 } = options
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
    if (isAllowedOrigin(req) && answersPreflight(req, res)) return
    sendJson(res, 202, await notify(req, { io, presence, isAllowedOrigin }))
  })
  const connections = trackConnections(http)
  if (!options.http) refuseOtherUpgrades(http, SOCKET_PATH, page?.ownsUpgrade)

  const io: Level2Io = new Server(http, {
    serveClient: false,
    path: SOCKET_PATH,
    destroyUpgrade: false, // other upgrades have another answer
    allowRequest: allowOrigins(isAllowedOrigin),
    cors: options.allowedOrigins.length > 0 ? { origin: options.allowedOrigins } : undefined,
    maxHttpBufferSize: LIMITS.packetBytes,
    pingInterval: heartbeatMs,
    pingTimeout: 0.8 * heartbeatMs,
    wsEngine: WebSocketServer, // Socket.IO's own may be older, and then keeps pongs that nobody reads
    adapter: RecoveryAdapter,
    connectionStateRecovery: { maxDisconnectionDuration: RECOVERY_MS, skipMiddlewares: false },
  })
  guardConnections(io)
  const presence = createPresence(io, { graceMs, keepMs })
  const { users, rooms } = presence

  const onEvent = answerEvents<Level2Socket>({
    handlers: {
      'message:send': ({ data }, payload) => sendMessage(io, users, data.user, payload),
      'room:join': ({ data }, payload) => rooms.join(data.user, readRoom(payload)),
      'room:leave': ({ data }, payload) => rooms.leave(data.user, readRoom(payload)),
      typing: ({ data }, payload) => sendTyping(io, data.user, payload),
    },
    onError: (error) => log.error(`An event failed: ${error}`),
  })
  // No await before the listener is there: an event that came meanwhile would be lost.
  io.on('connection', (socket) => socket.onAny(onEvent))
  page?.watch?.({ instance: 'level-2', http, io })

  return {
    http,
    io,
    counts: presence.counts,
    async close() {
      presence.close()
      // Closes the transports beneath the sockets: clients take it for a lost connection, and come back by themselves.
      io.engine.close()
      if (!options.http) await connections.close()
    },
  }
}
