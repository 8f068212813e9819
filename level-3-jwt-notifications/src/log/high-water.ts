import QuickLRU from 'quick-lru'
import type { ReadEnds } from './log.ts'
import type { NotificationDoc } from './models.ts'

/** Of how many users the end of the log, and of how many entries the sending, is remembered. */
const REMEMBERED = 100_000

/**
 * Remembers each log's high-water mark (its last number), so that an append need not ask for it. Another instance may
 * have written since: then the insert is refused, and the log asks for a certain answer.
 */
export function createHighWaterMarks(read: (userIds: Parameters<ReadEnds>[0]) => ReturnType<ReadEnds>) {
  const marks = new QuickLRU<string, number>({ maxSize: REMEMBERED })

  const readEnds: ReadEnds = async (userIds, certain) => {
    const ends = new Map<string, number>()
    const unknown = new Map<string, (typeof userIds)[number]>()
    for (const userId of userIds) {
      const user = userId.toHexString()
      const mark = certain ? undefined : marks.get(user)
      if (mark === undefined) unknown.set(user, userId)
      else ends.set(user, mark)
    }
    for (const [user, end] of await read([...unknown.values()])) ends.set(user, end)
    return ends
  }

  return {
    readEnds,
    learn(stored: readonly NotificationDoc[]): void {
      for (const { userId, seq } of stored) {
        const user = userId.toHexString()
        marks.set(user, Math.max(marks.get(user) ?? 0, seq))
      }
    },
  }
}

/** Whether this entry is here for the first time: a repeated request must not be sent to the page again. */
export function createFirstTime(): (entry: NotificationDoc) => boolean {
  const before = new QuickLRU<string, true>({ maxSize: REMEMBERED })
  return ({ _id }) => {
    const id = _id.toHexString()
    if (before.has(id)) return false
    before.set(id, true)
    return true
  }
}
