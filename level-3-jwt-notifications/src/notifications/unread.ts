import type { Log as ProcessLog } from '@levels/shared/server/log.ts'
import { Types } from 'mongoose'
import type { Models } from '../models/index.ts'
import type { Tell } from '../wire.ts'

/** How long changes are gathered before they are counted, in milliseconds: less than anyone sees. */
const GATHER_MS = 25

/**
 * Tells users their unread count after it may have changed. Counted, not kept: a kept number drifts off with the first
 * crash between two writes. Counted once for however many changes and users came together.
 */
export function createUnreadCounts({ Notification }: Models, tell: Tell, processLog: ProcessLog) {
  const touched = new Set<string>()
  let timer: NodeJS.Timeout | undefined

  function touch(userId: string): void {
    touched.add(userId)
    timer ??= setTimeout(countAll, GATHER_MS)
  }

  async function countAll(): Promise<void> {
    try {
      // One count at a time: of two, the older could arrive last and stay on the screens.
      while (touched.size > 0) await count()
    } catch (error) {
      // Lost when the database goes away just now; the next change, or the next connect, tells it again.
      processLog.debug(`unread counts: ${error}`)
    }
    timer = undefined
  }

  async function count(): Promise<void> {
    const userIds = [...touched]
    touched.clear()
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
