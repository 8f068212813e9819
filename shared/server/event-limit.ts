/** Events that one socket may send in any one second. */
export const EVENTS_PER_SECOND = 20

/** At most EVENTS_PER_SECOND events in any one second: a "sliding window log". */
export class EventLimit {
  // When each of the last accepted events came, as a ring: the oldest is at `next`, and is overwritten next.
  #accepted: number[] = []
  #next = 0

  /** Whether one more event is within the limit at `now`, in milliseconds of any steady clock. */
  accepts(now = performance.now()): boolean {
    const oldest = this.#accepted[this.#next]
    if (oldest !== undefined && now - oldest < 1_000) return false
    this.#accepted[this.#next] = now
    this.#next = (this.#next + 1) % EVENTS_PER_SECOND
    return true
  }
}
