import { EventEmitter } from 'node:events'
import type { Server as HttpServer } from 'node:http'
import { closeHttpServer } from '@levels/shared/server/http.ts'
import type { Log } from '@levels/shared/server/log.ts'
import { createOriginCheck } from '@levels/shared/server/origin.ts'
import type { Page } from '@levels/shared/server/page.ts'
import type { Connection } from 'mongoose'
import { createAccessTokens } from './auth/access-token.ts'
import { type Accounts, createAccounts } from './auth/accounts.ts'
import { createRefreshCookie } from './auth/cookie.ts'
import { createDevices } from './auth/devices.ts'
import { experimentRoutes } from './auth/experiments.ts'
import { createRateLimits } from './auth/rate-limits.ts'
import { authRoutes } from './auth/routes.ts'
import { createSessions } from './auth/sessions.ts'
import type { SignInEvents } from './auth/sign-in.ts'
import type { DeliveryChannel } from './channel.ts'
import type { Config } from './config.ts'
import { createApp } from './http/app.ts'
import { createAuthenticate } from './http/caller.ts'
import { type Check, healthRouter, mongoCheck } from './http/health.ts'
import { createRoutes, type DefineRoute } from './http/route.ts'
import { buildIndexes, createModels, type Models } from './models/index.ts'
import { createChanging } from './notifications/changing.ts'
import { createIdempotencyKeys } from './notifications/idempotency.ts'
import { createPublish, type Publish } from './notifications/publish.ts'
import { createReading } from './notifications/reading.ts'
import { notificationRoutes } from './notifications/routes.ts'
import { createSend } from './notifications/send.ts'
import { createUnreadCounts } from './notifications/unread.ts'
import { createPeople } from './people.ts'
import { createRooms } from './rooms/rooms.ts'
import { roomRoutes } from './rooms/routes.ts'
import { loadSecrets } from './secrets.ts'
import { createCatchUp } from './socket/catch-up.ts'
import { socketChannel } from './socket/channel.ts'
import { createConnectionHandler } from './socket/connection.ts'
import { createGate } from './socket/handshake.ts'
import { createIo } from './socket/io.ts'
import { createResync } from './socket/resync.ts'
import { type Io, sessionRoom, type Tell, userRoom } from './wire.ts'

export interface Options {
  config: Pick<Config, 'allowedOrigins' | 'cookieSecure' | 'accessTokenTtlS' | 'jwtSecret' | 'trustProxyHops'>
  /** Connected. */
  db: Connection
  log: Log
  page?: Page
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
  /**
   * For when messages between instances were lost: sends every local socket the notifications it lacks, and cuts those
   * whose session has ended. Throws when the database is away.
   */
  resync(): Promise<void>
  /** Cuts the connections (clients come back by themselves) and ends. The database is its owner's to close. */
  close(): Promise<void>
}

/**
 * Level 3: accounts, tokens, and notifications that are stored before they are emitted. Resolves when every index is
 * built, which is when it may listen.
 */
export async function createServer({ config, db, log, page, ...options }: Options): Promise<Level3Server> {
  const models = createModels(db)
  await buildIndexes(models)
  const { accessTokenKey, refreshTokenKey } = await loadSecrets(models, config.jwtSecret)
  const limits = await createRateLimits(db)
  const isAllowedOrigin = createOriginCheck(config.allowedOrigins)
  const signIns = new EventEmitter<SignInEvents>()

  const tell: Tell = (userId, event, ...args) => void io.to(userRoom(userId)).emit(event, ...args)
  const people = createPeople(models)
  const accounts = createAccounts(models, limits)
  const tokens = createAccessTokens(accessTokenKey, config.accessTokenTtlS)
  const sessions = createSessions(models, refreshTokenKey, (userId, sids) => {
    for (const sid of sids) {
      io.in(sessionRoom(sid)).emit('session:ended', { code: 'session_revoked' })
      io.in(sessionRoom(sid)).disconnectSockets(true)
    }
    signIns.emit('sign-out', { userId, sids })
  })
  const devices = createDevices(models, sessions)

  const unread = createUnreadCounts(models, tell, log)
  const channels = [socketChannel(tell, unread.touch), ...(options.channels ?? [])]
  const publish = createPublish(models, channels, log)
  const reading = createReading(models)
  const changing = createChanging(models, { reading, tell, touchUnread: unread.touch })
  const rooms = createRooms(models, publish, tell)

  const routes = createRoutes(createAuthenticate(tokens, sessions, people))
  const cookie = createRefreshCookie(config.cookieSecure)
  const authParts = { accounts, limits, cookie, sessions, devices, tokens, signIns, isAllowedOrigin }
  authRoutes(routes.route, authParts)
  if (!config.production) experimentRoutes(routes.route, authParts)
  const send = createSend(publish, people, createIdempotencyKeys(models))
  notificationRoutes(routes.route, { reading, changing, send })
  roomRoutes(routes.route, rooms)
  options.routes?.({ route: routes.route, models, publish })

  const health = healthRouter({ mongo: mongoCheck(db), ...options.checks }, options.instance)
  const http = createApp({ routes, health, page, trustProxyHops: config.trustProxyHops, log })
  const io = createIo(http, { isAllowedOrigin, page, adapter: options.adapter })
  const catchUp = createCatchUp(models, reading)
  io.use(createGate(tokens, sessions, people, log))
  io.on(
    'connection',
    createConnectionHandler({
      tokens,
      sessions,
      reading,
      changing,
      rooms,
      catchUp,
      instance: options.instance ?? 'level-3',
      log,
    }),
  )

  return {
    http,
    io,
    models,
    accounts,
    publish,
    signIns,
    resync: createResync(io, { models, sessions, catchUp }),
    async close() {
      unread.close()
      // The transport, not socket.disconnect(): a client that was disconnected on purpose stays away.
      io.engine.close()
      await closeHttpServer(http)
    },
  }
}
