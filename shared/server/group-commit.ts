import { isDatabaseAway } from './mongo-errors.ts'

/** How many items one write takes. */
const ROUND_SIZE = 1_000

interface Waiting<Item, Result> {
  items: readonly Item[]
  resolve(results: Result[]): void
  reject(error: unknown): void
}

/**
 * One write is under way at a time; the requests that arrive meanwhile wait, and go in together with the next one
 * (databases call it group commit). Under load one round trip carries many of them.
 *
 * `write` stores all items and gives one result for each, in the same order. A request of more than 1,000 items takes
 * several writes; when one of them fails, what was written before stays.
 */
export function createGroupCommit<Item, Result>(
  write: (items: readonly Item[]) => Promise<Result[]>,
): (items: readonly Item[]) => Promise<Result[]> {
  const waiting: Waiting<Item, Result>[] = []
  let writing = false

  async function writeAll(): Promise<void> {
    writing = true
    while (waiting.length > 0) await writeRound(takeRound())
    writing = false
  }

  function takeRound(): Waiting<Item, Result>[] {
    let size = 0
    const end = waiting.findIndex(({ items }, index) => {
      size += items.length
      return index > 0 && size > ROUND_SIZE
    })
    return waiting.splice(0, end < 0 ? waiting.length : end)
  }

  async function writeRound(round: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await write(round.flatMap(({ items }) => items))
      // A turn later: the next round, and what this one sends to others, leaves before anybody makes an answer of it.
      for (const { items, resolve } of round) setImmediate(resolve, results.splice(0, items.length))
    } catch (error) {
      // The database answered: the failure is one request's, and must not become the others'. What is stored already is
      // found by its id. Without an answer the database is away for all of them.
      if (round.length > 1 && !isDatabaseAway(error)) for (const request of round) await writeRound([request])
      else for (const { reject } of round) reject(error)
    }
  }

  function request(items: readonly Item[]): Promise<Result[]> {
    return new Promise((resolve, reject) => {
      waiting.push({ items, resolve, reject })
      if (!writing) void writeAll()
    })
  }

  /** One after the other: requests that arrive meanwhile get their turn between two pieces. */
  async function requestInPieces(items: readonly Item[]): Promise<Result[]> {
    const results: Result[] = []
    for (let start = 0; start < items.length; start += ROUND_SIZE) {
      results.push(...(await request(items.slice(start, start + ROUND_SIZE))))
    }
    return results
  }

  return (items) => (items.length > ROUND_SIZE ? requestInPieces(items) : request(items))
}
