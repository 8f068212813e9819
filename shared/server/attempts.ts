import ipaddr from 'ipaddr.js'
import { type RateLimiterMongo, RateLimiterRes } from 'rate-limiter-flexible'
import { HttpError, tooMany } from './http-error.ts'

/** A limiter and the key that counts in it. */
export type Counter = [limiter: RateLimiterMongo, key: string]

/**
 * Counts an attempt: takes a point of each counter before it, so that what is under way counts, and gives back all but
 * those that `toKeep` has for its outcome: `done`, or the code of the HttpError. Throws HttpError 429 when one has no point
 * left. `onLast` hears of each counter whose last point was kept by an attempt that failed.
 */
export async function counted<T>(
  counters: Counter[],
  attempt: () => Promise<T>,
  toKeep: Readonly<Record<string, Counter[]>>,
  onLast: (counter: Counter) => void,
): Promise<T> {
  const last = await take(counters)
  let kept = toKeep.done ?? []
  try {
    return await attempt()
  } catch (error) {
    kept = (error instanceof HttpError && toKeep[error.code]) || []
    for (const counter of last) if (kept.includes(counter)) onLast(counter)
    throw error
  } finally {
    await giveBack(counters.filter((counter) => !kept.includes(counter)))
  }
}

/** Throws 429 when one of them has no point left. Counts nothing, and nobody waits in line to learn it. */
export async function refuseExhausted(counters: Counter[]): Promise<void> {
  const counts = await Promise.all(counters.map(([limit, key]) => limit.get(key)))
  const exhausted = counts.filter((count, index) => {
    const points = counters[index]?.[0].points ?? 0
    return count !== null && count.consumedPoints >= points
  })
  if (exhausted.length > 0) throw tooMany(Math.max(...exhausted.map((count) => count?.msBeforeNext ?? 0)))
}

/** Takes one point of each. Throws 429 when one has none left. Gives back those whose last point this was. */
async function take(counters: Counter[]): Promise<Counter[]> {
  const results = await Promise.allSettled(counters.map(([limit, key]) => limit.consume(key)))
  const refused = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  )
  if (refused.length > 0) {
    await giveBack(counters.filter((_, index) => results[index]?.status === 'fulfilled'))
    const error = refused.find((reason) => !(reason instanceof RateLimiterRes))
    if (error !== undefined) throw error
    throw tooMany(Math.max(...refused.map((reason) => (reason as RateLimiterRes).msBeforeNext)))
  }
  return counters.filter((_, index) => {
    const result = results[index]
    return result?.status === 'fulfilled' && result.value.remainingPoints === 0
  })
}

async function giveBack(counters: Counter[]): Promise<void> {
  await Promise.all(counters.map(([limit, key]) => limit.reward(key)))
}

/**
 * What counts as one address. One subscriber has a whole /64 of IPv6 addresses (RFC 6177), and an IPv4 address may come
 * written as IPv6.
 */
export function addressOf(ip: string): string {
  if (!ipaddr.isValid(ip)) return 'unknown'
  const address = ipaddr.process(ip)
  if (address.kind() === 'ipv4') return address.toString()
  const network = address.toByteArray().slice(0, 8)
  return `${ipaddr.fromByteArray([...network, ...Array<number>(8).fill(0)])}/64`
}
