/** Runs a step whenever it is due. */
export type Timer = ReturnType<typeof createTimer>

/** How long to wait after a step failed: the database is away, and asking faster does not bring it back. */
const AFTER_FAILURE_MS = 1_000

/**
 * A timer around `step`, which does all that can be done now and answers when there is more (epoch milliseconds,
 * or undefined). It never runs twice at once, and survives whatever it throws: the log tells once an outage. It also looks
 * every `sweepMs` without being woken, if that is given: another instance may have died with work that it alone knew of.
 */
export function createTimer(
  name: string,
  step: () => Promise<number | undefined>,
  log: Pick<Console, 'info' | 'warn'>,
  sweepMs = Number.POSITIVE_INFINITY,
) {
  let timer: NodeJS.Timeout | undefined
  let dueAt = Number.POSITIVE_INFINITY
  let running: Promise<void> | undefined
  let stopped = true
  let failing = false

  async function run(): Promise<void> {
    dueAt = Number.POSITIVE_INFINITY // whoever wakes us from here on knows of work that this step may miss
    try {
      const next = (await step()) ?? Number.POSITIVE_INFINITY
      dueAt = Math.min(dueAt, next, Date.now() + sweepMs)
      if (failing) log.info(`${name}: working again`)
      failing = false
    } catch (error) {
      dueAt = Date.now() + AFTER_FAILURE_MS
      if (!failing) log.warn(`${name}: waiting, ${error}`)
      failing = true
    }
  }

  function arm(): void {
    clearTimeout(timer)
    if (stopped || running || dueAt === Number.POSITIVE_INFINITY) return
    const begin = () => {
      running = run().finally(() => {
        running = undefined
        arm()
      })
    }
    timer = setTimeout(begin, Math.max(0, dueAt - Date.now()))
  }

  /** The step runs at this time (epoch milliseconds; now by default), if not before. */
  function wake(at = Date.now()): void {
    if (at >= dueAt) return
    dueAt = at
    arm()
  }

  return {
    wake,
    /** From now on the step runs when it is due: for the first time at this time (now by default), or when woken. */
    start(at = Date.now()) {
      stopped = false
      wake(at)
    },
    /** No step begins after this; resolves when the running one has ended. */
    async stop() {
      stopped = true
      clearTimeout(timer)
      await running
    },
  }
}
