import { createTimer } from '@levels/shared/server/timer.ts'

/**
 * A single flight: runs `work` when asked, one run at a time. Asked during a run, it runs once more afterwards: that run may
 * have looked too early. A run that fails (the database is away, too) is tried again every second. `isOver` is true as soon
 * as one of those who asked has said so.
 */
export function createSingleFlight(
  work: (isOver: boolean) => Promise<void>,
  log: Pick<Console, 'info' | 'warn'>,
) {
  let over = false

  async function run(): Promise<undefined> {
    const wasOver = over
    over = false
    try {
      await work(wasOver)
    } catch (error) {
      over ||= wasOver
      throw error
    }
  }

  const timer = createTimer('Catching up from the log', run, log)
  timer.start(Number.POSITIVE_INFINITY)
  return {
    ask(isOver: boolean): void {
      over ||= isOver
      timer.wake()
    },
    close: () => void timer.stop(),
  }
}
