import { availableParallelism, loadavg } from 'node:os'

/** Before anything was measured: afterwards the load is our own. Always 0 on Windows. */
const loadAtStart = loadavg()[0] ?? 0
const cores = availableParallelism()

/** How busy the machine was when the benchmark began, for its first line. */
export function describeLoad(): string {
  return `load at the start ${loadAtStart.toFixed(1)} on ${cores} cores`
}

/**
 * Whether a target was met. A busy machine can show that one was met, never that it was missed: then this says so.
 * `floors` are the results of the least server, one a round: it does not change, so what differs is the machine's.
 */
export function verdict(isMet: boolean, floors: readonly number[] = []): string {
  if (isMet) return 'met'
  const spread = floors.length > 0 ? Math.max(...floors) / Math.min(...floors) : 1
  const wasBusy = loadAtStart > cores / 2 || spread > 1.5
  return wasBusy ? 'not shown, the machine was busy' : 'MISSED'
}

/** Whether something that must never happen did not: no load explains that it did. */
export const neverVerdict = (times: number): string => (times === 0 ? 'met' : 'MISSED')
