import { Types } from 'mongoose'
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
    close: unread.close,
  }
}

/** How long changes are gathered before they are counted, in milliseconds: less than anyone sees. */
const GATHER_MS = 25
/** Counting many takes longer: then it is done less often, so that it takes about a tenth of the time at most. */
const PAUSE_PER_COUNT = 10
const LONGEST_PAUSE_MS = 1_000
/** How many users are counted at a time: more would take the database's connections from everybody else. */
const AT_ONCE = 5

/**
 * Sends users their unread count after it may have changed. Counted, not kept: a kept number drifts off with the first
 * crash between two writes. No insert waits for it, and many changes are counted once.
 */
function createUnreadCounts(
  countUnread: (userId: string) => Promise<number>,
  emit: EmitLogEvent,
  processLog: Pick<Console, 'debug'>,
) {
  const changed = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  let lastTookMs = 0

  function onChanged(userId: string): void {
    changed.add(userId)
    const pauseMs = Math.min(PAUSE_PER_COUNT * lastTookMs, LONGEST_PAUSE_MS)
    timer ??= setTimeout(countAll, Math.max(GATHER_MS, pauseMs))
  }

  /** One at a time for a user: of two counts the older could arrive last, and stay on the screens. */
  async function countAll(): Promise<void> {
    const started = performance.now()
    const users = [...changed].values()
    changed.clear()
    await Promise.all(Array.from({ length: AT_ONCE }, () => countEach(users)))
    lastTookMs = performance.now() - started
    timer = undefined
    for (const userId of changed) onChanged(userId)
  }

  async function countEach(users: Iterable<string>): Promise<void> {
    for (const userId of users) {
      try {
        emit(userId, 'unread', { count: await countUnread(userId) })
      } catch (error) {
        // Lost when the database is away just now; the next change, or the next connect, sends it again.
        processLog.debug(`unread count: ${error}`)
      }
    }
  }

  return { onChanged, close: () => clearTimeout(timer) }
}
