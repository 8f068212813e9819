import type { DefineRoute } from '@levels/shared/server/api/route.ts'
import type { Log } from '@levels/shared/server/log.ts'
import type { DeliveryChannel } from '../channel.ts'
import type { Models } from '../models.ts'
import type { People } from '../sessions/people.ts'
import { socketChannel } from '../socket/socket-channel.ts'
import type { Tell } from '../wire.ts'
import { type Changing, createChanging } from './changing.ts'
import { createIdempotencyKeys } from './idempotency.ts'
import { createPublish, type Publish } from './publish.ts'
import { createReading, type Reading } from './reading.ts'
import { notificationRoutes } from './routes.ts'
import { createSend, type Send } from './send.ts'
import { createUnreadCounts } from './unread.ts'

export interface NotificationsOptions {
  models: Models
  people: People
  tell: Tell
  /** Besides the socket. */
  channels: readonly DeliveryChannel[]
  log: Log
}

export interface Notifications {
  publish: Publish
  reading: Reading
  changing: Changing
  send: Send
  routes(route: DefineRoute): void
  close(): void
}

/** Everything about the log: writing, reading and changing it, and its routes. */
export function createNotifications({
  models,
  people,
  tell,
  channels,
  log,
}: NotificationsOptions): Notifications {
  const unread = createUnreadCounts(models, tell, log)
  const publish = createPublish(models, [socketChannel(tell, unread.touch), ...channels], log)
  const reading = createReading(models)
  const changing = createChanging(models, { reading, tell, touchUnread: unread.touch })
  const send = createSend(publish, people, createIdempotencyKeys(models))
  return {
    publish,
    reading,
    changing,
    send,
    routes: (route) => notificationRoutes(route, { reading, changing, send }),
    close: unread.close,
  }
}
