import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { tooMany } from './http-error.ts'

/** How much one user may create, with one kind of request. */
export interface Limit {
  perMinute: number
  /** How many requests of one user may be under way. */
  atOnce: number
}

/** Does the work, or throws HttpError 429 with `Retry-After` when this user has done too much. */
export type Limited = <T>(userId: string, work: () => Promise<T>) => Promise<T>

/**
 * Bounds what a user does. Work that fails created nothing, and does not count.
 *
 * Counted in memory, for each instance: a request more would cost every notification a round trip to the database, and
 * the bound is what matters, not its exact place.
 */
export function createLimit(what: string, { perMinute, atOnce }: Limit): Limited {
  const counter = new RateLimiterMemory({ points: perMinute, duration: 60 })
  const underWay = new Map<string, number>()

  async function count(userId: string): Promise<void> {
    await counter.consume(userId).catch((refused: unknown) => {
      throw refused instanceof RateLimiterRes ? tooMany(refused.msBeforeNext, `Too many ${what}`) : refused
    })
  }

  return async (userId, work) => {
    const before = underWay.get(userId) ?? 0
    if (before >= atOnce) throw tooMany(1_000, `Too many ${what} at once`)
    underWay.set(userId, before + 1)
    try {
      await count(userId)
      return await work().catch(async (error: unknown) => {
        await counter.reward(userId)
        throw error
      })
    } finally {
      const left = (underWay.get(userId) ?? 1) - 1
      if (left > 0) underWay.set(userId, left)
      else underWay.delete(userId)
    }
  }
}
