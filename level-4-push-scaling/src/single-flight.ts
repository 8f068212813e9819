import type { Log } from '@levels/shared/server/log.ts'

const RETRY_MS = 1_000

/**
 * Runs `work` when asked: one run at a time, and asked meanwhile, once more afterwards, since the run under way may
 * have looked too early. A run that fails (the database is away, too) is tried again every second.
 */
export function createSingleFlight(work: () => Promise<void>, log: Log): { ask(): void; close(): void } {
  let running = false
  let asked = false
  let closed = false

  async function run(): Promise<void> {
    running = true
    while (asked && !closed) {
      asked = false
      try {
        await work()
      } catch (error) {
        log.debug(`Catching up from the log failed: ${error}`)
        asked = true
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
    running = false
  }

  return {
    ask() {
      asked = true
      if (!running) void run()
    },
    close() {
      closed = true
    },
  }
}
