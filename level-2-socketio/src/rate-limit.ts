import { LIMITS } from './events.ts'

const WINDOW_MS = 1_000

/** After this many refusals with no accepted event in between, it is no impatient user, but a flood. */
const FLOOD = 2_000

/** At most LIMITS.eventsPerSecond events in any one second: a "sliding window log". */
export class RateLimit {
  // When each of the last accepted events came, as a ring: the oldest is at `next`, and is overwritten next.
  #accepted: number[] = []
  #next = 0
  #refused = 0

  /** Whether one more event is within the limit at `now`, in milliseconds of any steady clock. */
  accepts(now = performance.now()): boolean {
    const oldest = this.#accepted[this.#next]
    if (oldest !== undefined && now - oldest < WINDOW_MS) {
      this.#refused++
      return false
    }
    this.#accepted[this.#next] = now
    this.#next = (this.#next + 1) % LIMITS.eventsPerSecond
    this.#refused = 0
    return true
  }

  /** True once answering every event with a refusal would itself be too much work. */
  get isFlood(): boolean {
    return this.#refused > FLOOD
  }
}
