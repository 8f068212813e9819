import { setTimeout as sleep } from 'node:timers/promises'

const RETRY_MS = 1_000

/**
 * Runs `work` when asked: one run at a time, and asked meanwhile, once more afterwards, since the run under way may
 * have looked too early. A run that fails (the database is away, too) is tried again every second. `isOver` is handed on
 * as soon as one of those who asked has said so.
 */
export function createSingleFlight(work: (isOver: boolean) => Promise<void>, log: Pick<Console, 'debug'>) {
  let running = false
  let asked = false
  let over = false
  let closed = false

  async function ask(isOver: boolean): Promise<void> {
    asked = true
    over ||= isOver
    if (running) return
    running = true
    while (asked && !closed) {
      const wasOver = over
      asked = over = false
      try {
        await work(wasOver)
      } catch (error) {
        log.debug(`Catching up from the log failed: ${error}`)
        await sleep(RETRY_MS)
        asked = true
        over ||= wasOver
      }
    }
    running = false
  }

  return {
    ask: (isOver: boolean) => void ask(isOver),
    close() {
      closed = true
    },
  }
}
