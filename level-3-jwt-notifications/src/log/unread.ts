import type { EmitLogEvent } from './shapes.ts'

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
export function createUnreadCounts(
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
