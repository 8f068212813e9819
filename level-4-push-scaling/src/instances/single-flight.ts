import type { Log } from '../channel.ts'

const RETRY_MS = 1_000

export interface SingleFlight {
  ask(isOver: boolean): void
  close(): void
}

/**
 * Runs `work` when asked: one run at a time, and asked meanwhile, once more afterwards, since the run under way may
 * have looked too early. A run that fails (the database is away, too) is tried again every second. `isOver` is handed on
 * as soon as one of those who asked has said so.
 */
export function createSingleFlight(work: (isOver: boolean) => Promise<void>, log: Log): SingleFlight {
  let running = false
  let asked = false
  let over = false
  let closed = false

  async function run(): Promise<void> {
    running = true
    while (asked && !closed) {
      const isOver = over
      asked = over = false
      try {
        await work(isOver)
      } catch (error) {
        log.debug(`Catching up from the log failed: ${error}`)
        asked = true
        over ||= isOver
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
    running = false
  }

  return {
    ask(isOver) {
      asked = true
      over ||= isOver
      if (!running) void run()
    },
    close() {
      closed = true
    },
  }
}
