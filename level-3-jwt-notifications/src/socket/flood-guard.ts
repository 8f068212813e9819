const EVENTS_PER_SECOND = 20

/** Counts one socket's events: false for each past the limit within one second. */
export function createFloodGuard(): () => boolean {
  let second = 0
  let count = 0
  return () => {
    const now = Math.floor(performance.now() / 1000)
    if (now !== second) {
      second = now
      count = 0
    }
    return ++count <= EVENTS_PER_SECOND
  }
}
