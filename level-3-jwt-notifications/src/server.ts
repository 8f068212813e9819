import type { EventEmitter } from 'node:events'
import type { Server as HttpServer } from 'node:http'
import { createApp } from '@levels/shared/server/api/app.ts'
import { asyncApiDocument } from '@levels/shared/server/api/asyncapi.ts'
import { type Check, healthRouter } from '@levels/shared/server/api/health.ts'
import { createErrorTranslation } from '@levels/shared/server/api/problem.ts'
import { createRoutes, type DefinedRoute, type DefineRoute } from '@levels/shared/server/api/route.ts'
import { trackConnections } from '@levels/shared/server/connections.ts'
import { closeHttpServer } from '@levels/shared/server/http.ts'
import type { Log } from '@levels/shared/server/log.ts'
import { createOriginCheck } from '@levels/shared/server/origin.ts'
import type { Page } from '@levels/shared/server/page.ts'
import { drained } from '@levels/shared/server/socketio.ts'
import type { Connection } from 'mongoose'
import { sendAccountNotices } from './account-notices.ts'
import type { Config } from './config.ts'
import { clientEvents, handshakeAuth, serverEvents } from './events.ts'
import { createLimit, defaultLimits, type Limits } from './limits.ts'
import type { Delivered, Listener } from './log/catch-up.ts'
import { createNotifications } from './log/index.ts'
import type { DeliveryChannel, Publish } from './log/publish.ts'
import { logRoutes } from './log/routes.ts'
import { sent } from './log/shapes.ts'
import { buildIndexes, createModels, type Models } from './models.ts'
import { createPreferences, type PreferenceStore } from './preferences.ts'
import { publishRoute } from './publish-route.ts'
import { createRooms } from './rooms/rooms.ts'
import { roomRoutes } from './rooms/routes.ts'
import type { Accounts } from './sessions/accounts.ts'
import { createSessionsChapter, type SignInEvents } from './sessions/index.ts'
import { createConnections } from './socket/connection.ts'
import { dispatch } from './socket/dispatch.ts'
import { createIo } from './socket/io.ts'
import { createResync, type Resync } from './socket/resync.ts'
import { emit, type Io, type IoSocket, type Sessions, sessionRoom, userRoom } from './socket/types.ts'

/** Of the API's documentation. */
const TITLE = 'Realtime notifications'

/** How long a client may take to close its side when the server ends, in milliseconds. */
const CLOSE_GRACE_MS = 1_000

export interface Options {
  config: Pick<
    Config,
    'allowedOrigins' | 'production' | 'accessTokenTtlS' | 'jwtSecret' | 'cookieSecure' | 'trustProxyHops'
  > &
    Partial<Pick<Config, 'heartbeatMs'>>
  /** Connected. */
  db: Connection
  log: Log
  page?: Page
  /** A server of the caller's: it gets the API and the socket, and keeps everything else. */
  http?: HttpServer
  /** Made from `db`; made here when absent. */
  models?: Models
  /** This server's name, for people who run several. */
  instance?: string
  /** How much one user may create. */
  limits?: Limits
  /** Further ways to deliver, besides the socket. */
  channels?: readonly DeliveryChannel[]
  /** How several instances reach each other's sockets. */
  adapter?: Parameters<Io['adapter']>[0]
  /** Further routes. */
  routes?: (tools: RouteTools) => void
  /** Further services without which this server is not ready. */
  checks?: Record<string, Check>
}

/** What further routes may be made of. */
export interface RouteTools {
  route: DefineRoute
  models: Models
  publish: Publish
}

export interface Level3Server {
  /** Not listening yet, unless it is the caller's. */
  http: HttpServer
  io: Io
  models: Models
  accounts: Accounts
  /** Stores notifications and delivers them. */
  publish: Publish
  /** Every sign-in, and every session that ends here. */
  signIns: EventEmitter<SignInEvents>
  /** What users want to be told of, over which channel. */
  preferences: PreferenceStore
  /**
   * For when messages between instances were lost: brings every local socket up to date, and cuts those whose session
   * has ended. See socket/resync.ts.
   */
  resync: Resync
  /** Every route, with the schemas of what it takes and answers. */
  routes: readonly DefinedRoute[]
  /** Cuts the connections (clients come back by themselves) and ends. Database and caller's server are their owner's. */
  close(): Promise<void>
}

/**
 * Level 3: accounts, tokens, and notifications that are stored before they are emitted. Joins the chapters, which do not
 * know each other. Resolves when every index is built, which is when it may listen.
 */
export async function createServer({ config, db, log, page, ...options }: Options): Promise<Level3Server> {
  const { allowedOrigins, trustProxyHops } = config
  const models = options.models ?? createModels(db)
  await buildIndexes(models)
  const toHttpError = createErrorTranslation(log)
  const isAllowedOrigin = createOriginCheck(allowedOrigins)

  // sessions
  const preferences = createPreferences(db)
  const cookieSecure = config.cookieSecure ?? config.production
  const auth = await createSessionsChapter({
    ...config,
    cookieSecure,
    db,
    models,
    isAllowedOrigin,
    cutSockets(sid) {
      io.in(sessionRoom(sid)).emit('session:ended', { code: 'session_revoked' })
      io.in(sessionRoom(sid)).disconnectSockets(true)
    },
    async forgetUser(userId) {
      await Promise.all([preferences, notifications, rooms].map((part) => part.forgetUser(userId)))
    },
    log,
  })
  const { accounts, people, signIns } = auth
  const sessions: Sessions = {
    identify: auth.identify,
    requireAlive: auth.requireAlive,
    alive: auth.sessions.living,
  }

  // log
  const limits = { ...defaultLimits, ...options.limits }
  const notifications = createNotifications({
    models,
    recipients: people,
    delivered: deliveredIn(models),
    emit: (userId, ...event) => emit(io.to(userRoom(userId)), ...event),
    channels: options.channels,
    limited: createLimit('notifications', limits.notifications),
    log,
  })
  const { publish, catchUp } = notifications
  sendAccountNotices(signIns, publish, log)

  // rooms
  const rooms = createRooms({
    models,
    limits: {
      rooms: createLimit('rooms', limits.rooms),
      messages: createLimit('messages', limits.roomMessages),
    },
    emit(to, ...event) {
      // To no room at all, Socket.IO would emit to everybody.
      if (to.length > 0) emit(to === 'everyone' ? io : io.to(to.map(userRoom)), ...event)
    },
    notify: (userIds, content) => publish(userIds.map((userId) => ({ userId, ...content }))),
  })

  // routes
  const routes = createRoutes(auth.admit)
  auth.routes(routes.route)
  if (!config.production) (await import('../dev/experiments.ts')).experimentRoutes(routes.route, auth)
  preferences.routes(routes.route)
  logRoutes(routes.route, notifications)
  roomRoutes(routes.route, { rooms, named: people.named })
  publishRoute(routes.route, notifications.send, sent)
  options.routes?.({ route: routes.route, models, publish })
  const health = healthRouter({ mongo: () => answers(db), ...options.checks }, options.instance)
  const http = createApp({
    title: TITLE,
    routes,
    health,
    page,
    allowedOrigins,
    trustProxyHops,
    httpsOnly: cookieSecure,
    asyncApi: () =>
      asyncApiDocument({
        title: TITLE,
        server: serverEvents,
        client: clientEvents,
        handshake: handshakeAuth,
      }),
    toHttpError,
    http: options.http,
    log,
  })
  const connections = trackConnections(http)

  // socket
  const io = createIo(http, {
    allowedOrigins,
    isAllowedOrigin,
    page,
    adapter: options.adapter,
    heartbeatMs: config.heartbeatMs,
    isOthers: options.http !== undefined,
  })
  const welcome = (socket: IoSocket) => catchUp.welcome(listenerOf(socket))
  const { gate, onConnection, sayReady } = createConnections({
    sessions,
    welcome,
    listen(socket, renew) {
      const { id, username } = socket.data
      const handlers = {
        ...notifications.events(listenerOf(socket)),
        'room:send': ({ room, text }: { room: string; text: string }) =>
          rooms.send({ id, username }, room, text),
        'session:renew': ({ token }: { token: string }) => renew(token),
      }
      dispatch(socket, handlers, toHttpError)
    },
    instance: options.instance ?? 'level-3',
    toHttpError,
  })
  io.use(gate)
  io.on('connection', onConnection)
  page?.watch?.({ instance: options.instance ?? 'level-3', http, io, db })

  return {
    http,
    io,
    models,
    accounts,
    publish,
    signIns,
    preferences,
    resync: createResync(io, {
      sessions,
      readEnds: notifications.readEnds,
      sayReady,
      welcome,
      resend: (socket) => catchUp.resend(listenerOf(socket)),
    }),
    routes: routes.defined,
    async close() {
      notifications.close()
      // The transport, not socket.disconnect(): a client that was disconnected on purpose stays away.
      io.engine.close()
      if (options.http) return
      const deadline = setTimeout(connections.destroyAll, CLOSE_GRACE_MS)
      await closeHttpServer(http)
      clearTimeout(deadline)
    },
  }
}

/** A socket as the log sees it. */
function listenerOf(socket: IoSocket): Listener {
  const { data } = socket
  return {
    userId: data.id,
    get cursor() {
      return data.cursor
    },
    set cursor(seq) {
      data.cursor = seq
    },
    get isConnected() {
      return socket.connected
    },
    emit: (...event) => emit(socket, ...event),
    drained: () => drained(socket.conn),
  }
}

/** How far each user's screens have got stands with the user. */
function deliveredIn({ User }: Models): Delivered {
  return {
    async read(userId) {
      return (await User.findById(userId, { deliveredUpTo: 1 }).lean())?.deliveredUpTo ?? 0
    },
    async raise(userId, upTo) {
      const change = { $max: { deliveredUpTo: upTo } }
      return (
        (await User.findByIdAndUpdate(userId, change, { returnDocument: 'after' }).lean())?.deliveredUpTo ?? 0
      )
    },
  }
}

/** Whether MongoDB answers on this connection. */
async function answers(db: Connection): Promise<boolean> {
  return (await db.db?.admin().ping())?.ok === 1
}
