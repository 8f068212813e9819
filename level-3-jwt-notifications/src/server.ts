import type { EventEmitter } from 'node:events'
import type { Server as HttpServer } from 'node:http'
import { createApp } from '@levels/shared/server/api/app.ts'
import { type Check, healthRouter } from '@levels/shared/server/api/health.ts'
import { createErrorTranslation } from '@levels/shared/server/api/problem.ts'
import { createRoutes, type DefineRoute } from '@levels/shared/server/api/route.ts'
import { trackConnections } from '@levels/shared/server/connections.ts'
import { closeHttpServer } from '@levels/shared/server/http.ts'
import type { Log } from '@levels/shared/server/log.ts'
import { createOriginCheck } from '@levels/shared/server/origin.ts'
import type { Page } from '@levels/shared/server/page.ts'
import type { Connection } from 'mongoose'
import { sendAccountNotices } from './account-notices.ts'
import { sentAnswer } from './answers.ts'
import type { DeliveryChannel } from './channel.ts'
import type { Config } from './config.ts'
import { createNotifications } from './log/index.ts'
import type { Publish } from './log/publish.ts'
import { buildIndexes, createModels, type Models } from './models.ts'
import { createPreferences, type PreferenceStore } from './preferences.ts'
import { publishRoute } from './publish-route.ts'
import { createRooms } from './rooms/rooms.ts'
import { roomRoutes } from './rooms/routes.ts'
import type { Accounts } from './sessions/accounts.ts'
import { createSessionsChapter, type SignInEvents } from './sessions/index.ts'
import { createCatchUp } from './socket/catch-up.ts'
import { createConnectionHandler } from './socket/connection.ts'
import { createGate } from './socket/handshake.ts'
import { createIo } from './socket/io.ts'
import { createResync, type Resync } from './socket/resync.ts'
import { type Io, sessionRoom, type Tell, userRoom } from './wire.ts'

/** How long a client may take to close its side when the server ends, in milliseconds. */
const CLOSE_GRACE_MS = 1_000

export interface Options {
  config: Pick<
    Config,
    'allowedOrigins' | 'production' | 'accessTokenTtlS' | 'jwtSecret' | 'cookieSecure' | 'trustProxyHops'
  >
  /** Connected. */
  db: Connection
  log: Log
  page?: Page
  /** Made from `db`; made here when absent. */
  models?: Models
  /** This server's name, for people who run several. */
  instance?: string
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
  /** Not listening yet. */
  http: HttpServer
  io: Io
  models: Models
  accounts: Accounts
  /** Stores notifications and delivers them. */
  publish: Publish
  /** Tells of every sign-in and of every session that ends here. */
  signIns: EventEmitter<SignInEvents>
  /** What users want to be told of, over which channel. */
  preferences: PreferenceStore
  /**
   * For when messages between instances were lost: brings every local socket up to date, and cuts those whose session
   * has ended. See socket/resync.ts.
   */
  resync: Resync
  /** Cuts the connections (clients come back by themselves) and ends. The database is its owner's to close. */
  close(): Promise<void>
}

/**
 * Level 3: accounts, tokens, and notifications that are stored before they are emitted. Resolves when every index is
 * built, which is when it may listen.
 */
export async function createServer({ config, db, log, page, ...options }: Options): Promise<Level3Server> {
  const models = options.models ?? createModels(db)
  await buildIndexes(models)
  const toHttpError = createErrorTranslation(log)
  const isAllowedOrigin = createOriginCheck(config.allowedOrigins)

  const tell: Tell = (to, event, ...args) => {
    const rooms = [to].flat().map(userRoom)
    if (rooms.length > 0) io.to(rooms).emit(event, ...args) // to no room, Socket.IO would tell everybody
  }
  const cutSockets = (sid: string) => {
    io.in(sessionRoom(sid)).emit('session:ended', { code: 'session_revoked' })
    io.in(sessionRoom(sid)).disconnectSockets(true)
  }

  const preferences = createPreferences(db)
  const forgetUser = async (userId: string) => {
    await Promise.all([
      preferences.forgetUser(userId),
      models.Notification.deleteMany({ userId }),
      models.IdempotencyKey.deleteMany({ _id: { $regex: `^${userId}:` } }),
      models.Membership.deleteMany({ userId }),
    ])
  }
  const cookieSecure = config.cookieSecure ?? config.production
  const auth = await createSessionsChapter({
    ...config,
    cookieSecure,
    db,
    models,
    isAllowedOrigin,
    cutSockets,
    forgetUser,
    log,
  })
  const { tokens, sessions, accounts, people, signIns } = auth
  const channels = options.channels ?? []
  const notifications = createNotifications({ models, people, tell, channels, log })
  const { publish } = notifications
  sendAccountNotices(signIns, publish, log)
  const rooms = createRooms(models, publish, tell)

  const routes = createRoutes(auth.admit)
  auth.routes(routes.route)
  preferences.routes(routes.route)
  notifications.routes(routes.route)
  roomRoutes(routes.route, rooms)
  publishRoute(routes.route, notifications.send, sentAnswer)
  options.routes?.({ route: routes.route, models, publish })
  const health = healthRouter({ mongo: () => answers(db), ...options.checks }, options.instance)
  const { allowedOrigins, trustProxyHops } = config
  const http = createApp({
    title: 'Realtime notifications',
    routes,
    health,
    page,
    allowedOrigins,
    trustProxyHops,
    httpsOnly: cookieSecure,
    toHttpError,
    log,
  })
  const connections = trackConnections(http)

  const io = createIo(http, { allowedOrigins, isAllowedOrigin, page, adapter: options.adapter })
  const catchUp = createCatchUp(models, notifications.reading)
  const instance = options.instance ?? 'level-3'
  io.use(createGate(auth.identify, toHttpError))
  io.on(
    'connection',
    createConnectionHandler({ tokens, sessions, ...notifications, rooms, catchUp, instance, toHttpError }),
  )

  return {
    http,
    io,
    models,
    accounts,
    publish,
    signIns,
    preferences,
    resync: createResync(io, { models, sessions: auth.devices, catchUp, instance }),
    async close() {
      notifications.close()
      // The transport, not socket.disconnect(): a client that was disconnected on purpose stays away.
      io.engine.close()
      const deadline = setTimeout(connections.destroyAll, CLOSE_GRACE_MS)
      await closeHttpServer(http)
      clearTimeout(deadline)
    },
  }
}

/** Whether MongoDB answers on this connection. */
async function answers(db: Connection): Promise<boolean> {
  return (await db.db?.admin().ping())?.ok === 1
}
