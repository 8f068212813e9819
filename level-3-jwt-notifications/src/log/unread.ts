import type { Log as ProcessLog } from '@levels/shared/server/log.ts'
import { Types } from 'mongoose'
import type { Models } from '../models.ts'
import type { Tell } from '../wire.ts'

/** How long changes are gathered before they are counted, in milliseconds: less than anyone sees. */
const GATHER_MS = 25
/** Counting many takes longer: then it is done less often, so that it takes about a tenth of the time at most. */
const PAUSE_PER_COUNT = 10
const LONGEST_PAUSE_MS = 1_000

/**
 * Tells users their unread count after it may have changed. Counted, not kept: a kept number drifts off with the first
 * crash between two writes. Counted once for however many changes and users came together.
 */
export function createUnreadCounts({ Notification }: Models, tell: Tell, processLog: ProcessLog) {
  const touched = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  let lastTookMs = 0

  function touch(userId: string): void {
    touched.add(userId)
    const pauseMs = Math.min(PAUSE_PER_COUNT * lastTookMs, LONGEST_PAUSE_MS)
    timer ??= setTimeout(countAll, Math.max(GATHER_MS, pauseMs))
  }

  /** One at a time: of two counts the older could arrive last, and stay on the screens. */
  async function countAll(): Promise<void> {
    const started = performance.now()
    const userIds = [...touched]
    touched.clear()
    try {
      await count(userIds)
    } catch (error) {
      // Lost when the database goes away just now; the next change, or the next connect, tells it again.
      processLog.debug(`unread counts: ${error}`)
    }
    lastTookMs = performance.now() - started
    timer = undefined
    for (const userId of touched) touch(userId)
  }

  async function count(userIds: string[]): Promise<void> {
    const counts = await Notification.aggregate<{ _id: Types.ObjectId; count: number }>([
      {
        $match: {
          userId: { $in: userIds.map((id) => new Types.ObjectId(id)) },
          readAt: null,
          deletedAt: null,
        },
      },
      { $group: { _id: '$userId', count: { $sum: 1 } } },
    ])
    const byUser = new Map(counts.map(({ _id, count }) => [_id.toHexString(), count]))
    for (const userId of userIds) tell(userId, 'unread', { count: byUser.get(userId) ?? 0 })
  }

  return { touch, close: () => clearTimeout(timer) }
}
