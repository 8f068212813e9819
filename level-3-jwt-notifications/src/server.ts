import { createAdmit } from '@levels/shared/server/api/admit.ts'
import { createApp } from '@levels/shared/server/api/app.ts'
import { createErrorTranslation } from '@levels/shared/server/api/problem.ts'
import { createRoutes } from '@levels/shared/server/api/route.ts'
import { createIo } from '@levels/shared/server/create-io.ts'
import { dispatch } from '@levels/shared/server/dispatch.ts'
import type { EventHandlers } from '@levels/shared/server/event-types.ts'
import { createIdempotencyKeys } from '@levels/shared/server/idempotency.ts'
import { createLimit } from '@levels/shared/server/limits.ts'
import { answers } from '@levels/shared/server/mongo.ts'
import { createOriginCheck } from '@levels/shared/server/origin.ts'
import { defaultLimits, type Options } from './config.ts'
import { clientEvents, handshakeAuth, serverEvents } from './events.ts'
import { createResync, deliveredIn, listenerOf, sendAccountNotices } from './joins.ts'
import { createOwnerOfKey, keyRoutes, publishRoute } from './keys.ts'
import { createNotifications } from './log/index.ts'
import { logRoutes } from './log/routes.ts'
import { createSend } from './log/send.ts'
import { buildIndexes, createModels } from './models.ts'
import { preferenceRoutes } from './preferences.ts'
import { createRooms } from './rooms/index.ts'
import { roomRoutes } from './rooms/routes.ts'
import { createSessionsChapter } from './sessions/index.ts'
import { authRoutes } from './sessions/routes.ts'
import { createConnections } from './socket/connection.ts'
import { emit, type Io, sessionRoom, userRoom } from './socket/types.ts'

export type Level3Server = Awaited<ReturnType<typeof createServer>>

/**
 * Level 3: accounts, tokens, and notifications that are stored before they are emitted. Joins the chapters, which do not
 * know each other. Resolves when every index is built, which is when it may listen.
 */
export async function createServer({ config, db, log, page, ...options }: Options) {
  const { allowedOrigins, trustProxyHops } = config
  const models = options.models ?? createModels(db)
  await buildIndexes(models)
  const toHttpError = createErrorTranslation(log)
  const isAllowedOrigin = createOriginCheck(allowedOrigins)

  // sessions
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
      await Promise.all([
        models.Notification.deleteMany({ userId }),
        models.Membership.deleteMany({ userId }),
        models.PublishKey.deleteMany({ userId }),
        models.Preferences.deleteOne({ _id: userId }),
        idempotency.forgetUser(userId),
      ])
    },
    log,
  })
  const { accounts, people, signIns } = auth

  // log
  const limits = { ...defaultLimits, ...config.limits }
  const notifications = createNotifications({
    models,
    delivered: deliveredIn(models),
    emit: (userId, ...event) => emit(io.to(userRoom(userId)), ...event),
    channels: options.channels,
    log,
  })
  const { publish, catchUp } = notifications
  const idempotency = createIdempotencyKeys(models.IdempotencyKey)
  const send = createSend({
    publish,
    recipients: people,
    keys: idempotency,
    limited: createLimit('notifications', limits.notifications),
  })
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
    notify: (userIds, content) =>
      publish(userIds.map((userId) => ({ userId, type: 'room.message', ...content }))),
  })

  // routes
  const routes = createRoutes(createAdmit({ ...auth, ownerOfKey: createOwnerOfKey(models) }))
  authRoutes(routes.route, auth)
  keyRoutes(routes.route, models)
  if (!config.production) (await import('../dev/experiments.ts')).experimentRoutes(routes.route, auth)
  preferenceRoutes(routes.route, models)
  logRoutes(routes.route, { ...notifications, send })
  roomRoutes(routes.route, rooms, people.named)
  publishRoute(routes.route, send)
  options.routes?.({ route: routes.route, models, publish })
  const { http, close } = createApp({
    title: 'Realtime notifications',
    routes,
    checks: { mongo: () => answers(db), ...options.checks },
    instance: options.instance,
    page,
    allowedOrigins,
    trustProxyHops,
    httpsOnly: cookieSecure,
    events: { server: serverEvents, client: clientEvents, handshake: handshakeAuth },
    toHttpError,
    http: options.http,
    log,
  })

  // socket
  const io: Io = createIo(http, {
    allowedOrigins,
    isAllowedOrigin,
    page,
    adapter: options.adapter,
    heartbeatMs: config.heartbeatMs,
    isOthers: options.http !== undefined,
  })
  const { gate, onConnection, sayReady } = createConnections({
    sessions: auth,
    welcome: (socket) => catchUp.welcome(listenerOf(socket)),
    listen(socket, renew) {
      const handlers: EventHandlers<typeof clientEvents> = {
        ...notifications.events(listenerOf(socket)),
        'room:send': ({ room, text }) => rooms.send(socket.data, room, text),
        'session:renew': ({ token }) => renew(token),
      }
      dispatch(socket, clientEvents, handlers, toHttpError)
    },
    instance: options.instance ?? 'level-3',
    toHttpError,
  })
  io.use(gate)
  io.on('connection', onConnection)
  page?.watch?.({ instance: options.instance ?? 'level-3', http, io, db })

  return {
    /** Not listening yet, unless it is the caller's. */
    http,
    io,
    models,
    accounts,
    /** Stores notifications and delivers them. */
    publish,
    /** Those of these device sessions that are not over. */
    aliveSessions: auth.alive,
    /** What happens to sessions and accounts here. */
    signIns,
    /** For when messages between instances were lost: see joins.ts. */
    resync: createResync(io, auth, notifications, sayReady),
    /** Every route, with the schemas of what it takes and answers. */
    routes: routes.defined,
    /** Cuts the connections (clients come back by themselves) and ends. Database and caller's server are their owner's. */
    async close(): Promise<void> {
      notifications.close()
      // The transport, not socket.disconnect(): a client that was disconnected on purpose stays away.
      io.engine.close()
      await close()
    },
  }
}
