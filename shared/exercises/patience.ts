/** About how long a program takes to start on a machine that does nothing else, in milliseconds. */
const USUAL_START_MS = 1_000
/** Waiting is long already: five times as long is enough for a machine that is slower still. */
const MOST = 5

let slowness = 1

/** Notes how long the last program took to start. */
export function noteStart(ms: number): void {
  slowness = Math.min(MOST, Math.max(1, ms / USUAL_START_MS))
}

/**
 * `ms` milliseconds, and longer on a machine that is slow or busy just now, as the last start of a program has shown:
 * for whatever has to come in time, and for times that a program is given. So a check says of a busy machine what it
 * says of a quiet one.
 */
export const patience = (ms: number): number => Math.round(ms * slowness)
