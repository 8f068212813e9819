import { createGatherer } from '@levels/shared/server/gather.ts'
import { createCatchUp, type Delivered, type Listener } from './catch-up.ts'
import { createChanging } from './changing.ts'
import { readEnds } from './log.ts'
import type { LogModels } from './models.ts'
import { createPublish, type DeliveryChannel } from './publish.ts'
import { createReading } from './reading.ts'
import type { EmitLogEvent, LogEventHandlers } from './shapes.ts'

export interface NotificationsOptions {
  models: LogModels
  delivered: Delivered
  emit: EmitLogEvent
  /** Besides the connections of its user. */
  channels?: readonly DeliveryChannel[]
  log: Pick<Console, 'debug' | 'error'>
}

export type Notifications = ReturnType<typeof createNotifications>

/** The log as a whole: writing, reading and changing it, and catching up. */
export function createNotifications({ models, delivered, emit, log, ...options }: NotificationsOptions) {
  const { Notification } = models
  const reading = createReading(Notification)
  // Counted, not kept: a kept number drifts off with the first crash between two writes. No insert waits for it.
  const unread = createGatherer(
    async (userId: string) => emit(userId, 'unread', { count: await reading.countUnread(userId) }),
    // Lost when the database is away just now; the next change, or the next connect, sends it again.
    (error) => log.debug(`unread count: ${error}`),
  )
  const connections: DeliveryChannel = {
    name: 'socket',
    deliver(stored) {
      for (const { userId, notification } of stored) {
        emit(userId, 'notification:new', notification)
        unread.ask(userId)
      }
    },
  }
  const publish = createPublish(Notification, [connections, ...(options.channels ?? [])], log)
  const changing = createChanging({ Notification, reading, emit, onUnreadChanged: unread.ask })
  const catchUp = createCatchUp(Notification, delivered, reading)
  return {
    publish,
    reading,
    changing,
    catchUp,
    /** What a connection may ask for, by event; see `logClientEvents` in shapes.ts. */
    events: (listener: Listener): LogEventHandlers => ({
      'notifications:fetch': (query) => reading.list(listener.data.id, query),
      'notification:mark-read': ({ id, read }) => changing.setRead(listener.data.id, id, read),
      'notifications:mark-all-read': () => changing.markAllRead(listener.data.id),
      'notification:delete': ({ id }) => changing.remove(listener.data.id, id),
      'notifications:seen': ({ upTo }) => catchUp.seen(listener, upTo),
    }),
    /** Where these users' logs end; an empty one is absent. */
    readEnds: (userIds: readonly string[]) => readEnds(Notification, userIds),
    close: unread.close,
  }
}
