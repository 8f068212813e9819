import type { Server as HttpServer, IncomingMessage } from 'node:http'
import { trackConnections } from '@levels/shared/server/connections.ts'
import { closeHttpServer, createHttpServer, pathOf } from '@levels/shared/server/http.ts'
import type { Log } from '@levels/shared/server/log.ts'
import { createOriginCheck } from '@levels/shared/server/origin.ts'
import type { Page } from '@levels/shared/server/page.ts'
import { sendError, sendJson } from '@levels/shared/server/respond.ts'
import { Server } from 'socket.io'
import { answering } from './answer.ts'
import type { Config } from './config.ts'
import { LIMITS, NOTIFY_PATH, SOCKET_PATH } from './events.ts'
import { guardHandshake } from './handshake.ts'
import { type Level2Io, type Level2Socket, membersOf, tabsOf } from './io.ts'
import { sendMessage, sendTyping } from './messages.ts'
import { answersPreflight, notify } from './notify.ts'
import { readRoom } from './payload.ts'
import { guardRecovery, RECOVERY_MS } from './recovery.ts'
import { Refusal } from './refusal.ts'
import { createRooms } from './rooms.ts'
import { allowOrigins, refuseOtherUpgrades } from './upgrades.ts'
import { createUsers } from './users.ts'

/** How long a client may take to close its side when the server ends, in milliseconds. */
const CLOSE_GRACE_MS = 1_000

export interface Options extends Pick<Config, 'allowedOrigins'> {
  log: Log
  page?: Page
  /** How long a user stays after the last tab closed. A reload takes less. */
  graceMs?: number
  /** How often a client is asked whether it is there, and how long it may take to answer. */
  heartbeat?: { intervalMs: number; timeoutMs: number }
}

export interface Level2Server {
  /** Not listening yet. */
  http: HttpServer
  io: Level2Io
  /** What is remembered of people. */
  counts(): { users: number; rooms: number }
  close(): Promise<void>
}

/** Level 2: people with names, in rooms, who talk to everyone, to a room, or to each other. */
export function createServer({ log, page, ...options }: Options): Level2Server {
  const { graceMs = 3_000, heartbeat = { intervalMs: 25_000, timeoutMs: 20_000 } } = options
  const isAllowedOrigin = createOriginCheck(options.allowedOrigins)

  const http = createHttpServer(async (req, res) => {
    const path = pathOf(req)
    if (path === '/healthz') return sendJson(res, 200, { status: 'ok' })
    if (path === NOTIFY_PATH) {
      if (isAllowedOrigin(req) && answersPreflight(req, res)) return
      return sendJson(res, 202, await notify(req, { io, users, isAllowedOrigin }))
    }
    const notFound = () => sendError(res, 404, 'not_found', `There is nothing at ${path}.`)
    if (page) page.handle(req, res, notFound)
    else notFound()
  }, log)

  const connections = trackConnections(http)
  refuseOtherUpgrades(http, SOCKET_PATH, page)
  const io: Level2Io = new Server(http, {
    serveClient: false,
    path: SOCKET_PATH,
    allowRequest: allowOrigins(isAllowedOrigin),
    cors: options.allowedOrigins.length > 0 ? { origin: options.allowedOrigins } : undefined,
    maxHttpBufferSize: LIMITS.packetBytes,
    pingInterval: heartbeat.intervalMs,
    pingTimeout: heartbeat.timeoutMs,
    connectionStateRecovery: { maxDisconnectionDuration: RECOVERY_MS, skipMiddlewares: false },
  })
  // The first HTTP request of each connection is kept, and nothing here needs it (socket.io/docs/v4/memory-usage).
  io.engine.on('connection', (connection: { request: IncomingMessage | null }) => {
    connection.request = null
  })

  const rooms = createRooms(io)
  const users = createUsers(graceMs, (user) => {
    rooms.leaveAll(user)
    io.emit('user:left', { username: user.username, users: users.names() })
  })
  guardRecovery(io)
  guardHandshake(io, users)

  // A Map, not an object: clients choose the name that is looked up.
  const listeners = new Map([
    ['message:send', answering((user, payload) => sendMessage(io, users, user, payload), log)],
    ['room:join', answering((user, payload) => rooms.join(user, readRoom(payload)), log)],
    ['room:leave', answering((user, payload) => rooms.leave(user, readRoom(payload)), log)],
    ['typing', answering((user, payload) => sendTyping(io, user, payload), log)],
  ])
  const unknownEvent = answering(() => {
    throw new Refusal('bad_payload', 'This level knows no such event.')
  }, log)
  function onEvent(this: Level2Socket, event: string, ...args: unknown[]): void {
    // What comes in the same breath as a goodbye is still handed over.
    if (!this.connected) return
    const listener = listeners.get(event) ?? unknownEvent
    listener.apply(this, args)
  }
  function onDisconnect(this: Level2Socket, reason: string): void {
    users.exit(this.data.user, !onPurpose.has(reason))
  }

  // No await before the listeners are there: an event that came meanwhile would be lost.
  io.on('connection', (socket) => {
    const { user } = socket.data
    socket.onAny(onEvent)
    socket.on('disconnect', onDisconnect)

    socket.join([tabsOf(user), ...user.rooms.map(membersOf)])
    const { sessionId, username } = user
    socket.emit('session', { sessionId, username, users: users.names(), rooms: user.rooms })
    if (user.announced) return
    user.announced = true
    socket.broadcast.emit('user:joined', { username, users: users.names() })
  })

  return {
    http,
    io,
    counts: () => ({ users: users.names().length, rooms: rooms.size() }),
    async close() {
      users.close()
      const deadline = setTimeout(connections.destroyAll, CLOSE_GRACE_MS)
      const closed = closeHttpServer(http)
      // Closes the transports beneath the sockets: clients take it for a lost connection, and come back by themselves.
      await io.close()
      await closed
      clearTimeout(deadline)
    },
  }
}

/** What ends a socket because somebody wanted it to. Everything else is a lost connection. */
const onPurpose = new Set(['client namespace disconnect', 'server namespace disconnect'])
