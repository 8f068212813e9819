import { Types } from 'mongoose'
import { createCatchUp, type Delivered, type Listener } from './catch-up.ts'
import { createChanging } from './changing.ts'
import { readEnds } from './log.ts'
import type { LogModels } from './models.ts'
import { createPublish, type DeliveryChannel } from './publish.ts'
import { createReading } from './reading.ts'
import type { EmitLogEvent, LogEventHandlers } from './shapes.ts'
import { createUnreadCounts } from './unread.ts'

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
  const unread = createUnreadCounts(reading.countUnread, emit, log)
  const connections: DeliveryChannel = {
    name: 'socket',
    deliver(stored) {
      for (const { userId, notification } of stored) {
        emit(userId, 'notification:new', notification)
        unread.onChanged(userId)
      }
    },
  }
  const publish = createPublish(Notification, [connections, ...(options.channels ?? [])], log)
  const changing = createChanging({ Notification, reading, emit, onUnreadChanged: unread.onChanged })
  const catchUp = createCatchUp({ Notification, delivered, reading })
  return {
    publish,
    reading,
    changing,
    catchUp,
    /** What a connection may ask for, by event; see `logClientEvents` in shapes.ts. */
    events: (listener: Listener): LogEventHandlers => ({
      'notifications:fetch': (query) => reading.list(listener.userId, query),
      'notification:mark-read': ({ id, read }) => changing.setRead(listener.userId, id, read),
      'notifications:mark-all-read': () => changing.markAllRead(listener.userId),
      'notification:delete': ({ id }) => changing.remove(listener.userId, id),
      'notifications:seen': ({ upTo }) => catchUp.seen(listener, upTo),
    }),
    /** Where these users' logs end; an empty one is absent. */
    readEnds: (userIds: readonly string[]) =>
      readEnds(
        Notification,
        userIds.map((id) => new Types.ObjectId(id)),
      ),
    /** Deletes everything of a user that is gone. */
    async forgetUser(userId: string): Promise<void> {
      await Notification.deleteMany({ userId })
    },
    close: unread.close,
  }
}
