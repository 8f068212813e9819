/** How long keys are gathered before the work begins, in milliseconds: less than anyone sees. */
const GATHER_MS = 25
/** Work on many takes longer: then it is done less often, so that it takes about a tenth of the time at most. */
const PAUSE_PER_WORK = 10
const LONGEST_PAUSE_MS = 1_000
/** How many keys are worked on at a time: more would take the database's connections from everybody else. */
const AT_ONCE = 5

/**
 * Gathers keys for a moment, then does `work` for each of them once, however often it was asked for. One at a time for a
 * key: of two answers the older could arrive last. Nobody waits for it. What `work` throws goes to `onError`.
 */
export function createGatherer<Key>(work: (key: Key) => Promise<void>, onError: (error: unknown) => void) {
  const asked = new Set<Key>()
  let timer: NodeJS.Timeout | undefined
  let lastTookMs = 0

  function ask(key: Key): void {
    asked.add(key)
    const pauseMs = Math.min(PAUSE_PER_WORK * lastTookMs, LONGEST_PAUSE_MS)
    timer ??= setTimeout(workOnAll, Math.max(GATHER_MS, pauseMs))
  }

  async function workOnAll(): Promise<void> {
    const started = performance.now()
    const keys = [...asked]
    asked.clear()
    await eachOf(keys, AT_ONCE, (key) => work(key).catch(onError))
    lastTookMs = performance.now() - started
    timer = undefined
    for (const key of asked) ask(key)
  }

  return { ask, close: () => clearTimeout(timer) }
}

/** Does `work` for each item, so many at a time. */
export async function eachOf<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = items.values()
  const worker = async () => {
    for (const item of left) await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}
