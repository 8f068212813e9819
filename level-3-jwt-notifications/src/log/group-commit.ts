import { isDatabaseAway } from '@levels/shared/server/mongo-errors.ts'
import type { Append, Entry } from './log.ts'
import type { NotificationDoc } from './models.ts'

/** How many entries one insert takes, when several requests share it. */
const ROUND_SIZE = 1_000

interface Waiting {
  entries: readonly Entry[]
  resolve(stored: NotificationDoc[]): void
  reject(error: unknown): void
}

/**
 * One insert is under way at a time; the requests that arrive meanwhile wait, and go in together with the next one
 * (databases call it group commit). Under load one round trip carries many entries, and this process never races with
 * itself for a number.
 */
export function createGroupCommit(append: Append): Append {
  const waiting: Waiting[] = []
  let writing = false

  async function writeAll(): Promise<void> {
    writing = true
    while (waiting.length > 0) await write(takeRound())
    writing = false
  }

  function takeRound(): Waiting[] {
    let size = 0
    const end = waiting.findIndex(({ entries }, index) => {
      size += entries.length
      return index > 0 && size > ROUND_SIZE
    })
    return waiting.splice(0, end < 0 ? waiting.length : end)
  }

  async function write(round: Waiting[]): Promise<void> {
    try {
      const stored = await append(round.flatMap(({ entries }) => entries))
      for (const { entries, resolve } of round) resolve(stored.splice(0, entries.length))
    } catch (error) {
      // The database answered: the failure is one request's, and must not become the others'. What is stored already is
      // found by its id. Without an answer the database is away for all of them.
      if (round.length > 1 && !isDatabaseAway(error)) for (const request of round) await write([request])
      else for (const { reject } of round) reject(error)
    }
  }

  return (entries) =>
    new Promise((resolve, reject) => {
      waiting.push({ entries, resolve, reject })
      if (!writing) void writeAll()
    })
}
