import { setTimeout as sleep } from 'node:timers/promises'
import type { Arena } from '../arena.ts'
import type { Outcome, Person } from '../dialects/dialect.ts'

export interface Stream {
  from: Person
  to: string
  count: number
  /** The pause between two, in milliseconds. */
  everyMs?: number
  /** Send on without waiting for answers, where one connection keeps the order (level 2). */
  pipelined?: boolean
  /** How long an answer may take, in milliseconds. */
  timeoutMs?: number
}

const REPEAT_WITHIN_MS = 20_000

/** Sends so many, one after the other. Levels 3 and 4 repeat what was not answered, as their contract allows. */
export async function sendMany(
  arena: Arena,
  { from, to, count, everyMs = 0, ...how }: Stream,
): Promise<void> {
  const sent: Promise<Outcome>[] = []
  for (let n = 1; n <= count; n++) {
    if (n > 1 && everyMs > 0) await sleep(everyMs)
    const sending = sendOne(arena, from, to, arena.text(from, n), how.timeoutMs)
    sent.push(sending)
    if (!how.pipelined || arena.level !== 2) await sending
  }
  await Promise.all(sent)
}

/**
 * Sends one. At levels 3 and 4, with an `Idempotency-Key`: until it is answered, for 20 s at most; "too many" is
 * waited out. At levels 1 and 2 once: repeating it might show it twice.
 */
export async function sendOne(
  arena: Arena,
  from: Person,
  to: string,
  text: string,
  timeoutMs?: number,
): Promise<Outcome> {
  const timeout = timeoutMs === undefined ? {} : { timeoutMs }
  const deadline = performance.now() + REPEAT_WITHIN_MS
  if (arena.level <= 2) return from.send(to, text, timeout)
  while (true) {
    const outcome = await from.send(to, text, { key: text, ...timeout })
    const mayRepeat =
      outcome.what === 'unanswered' ||
      (outcome.what === 'refused' && (outcome.status === 503 || outcome.status === 429))
    if (!mayRepeat || performance.now() > deadline) return outcome
    await sleep(outcome.what === 'refused' && outcome.retryAfterS ? outcome.retryAfterS * 1_000 : 100)
  }
}

/** So many people, with these labels. */
export function people(arena: Arena, ...labels: string[]): Promise<Person[]> {
  return Promise.all(labels.map((label) => arena.person(label)))
}
