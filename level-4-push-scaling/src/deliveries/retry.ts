import type { Outcome } from './types.ts'

/** Attempts in all; after the last one an admin has to ask for another. */
export const MAX_ATTEMPTS = 6

/** 1 s, 5 s, 25 s, 2 min, 10 min: a short hiccup costs seconds, an outage of a quarter of an hour nothing. */
const FIRST_DELAY_MS = 1_000
const FACTOR = 5

/** Nobody else decides to hold a notification back for longer than this. */
const MAX_WISH_MS = 86_400_000

/**
 * How long to wait before the next attempt, in milliseconds, or undefined when there is none.
 * `attempts` counts those that have ended. The other side's wish (Retry-After, RFC 9110 section 10.2.3) is kept;
 * up to a fifth is added at random, so that what failed together does not come back together.
 */
export function delayBeforeRetry(attempts: number, outcome: Outcome): number | undefined {
  if (outcome.kind !== 'retry' || attempts >= MAX_ATTEMPTS) return undefined
  const backOff = FIRST_DELAY_MS * FACTOR ** (attempts - 1)
  const wish = Math.min(outcome.afterMs ?? 0, MAX_WISH_MS)
  return Math.max(backOff, wish) * (1 + Math.random() / 5)
}
