import { availableParallelism } from 'node:os'
import { parseName } from '@levels/shared/server/names.ts'
import { HttpError, tooMany } from '@levels/shared/server/respond.ts'
import ipaddr from 'ipaddr.js'
import type { Connection } from 'mongoose'
import { RateLimiterMongo, RateLimiterRes } from 'rate-limiter-flexible'
import { createFairLine } from './fair-line.ts'

/** Stands before every attempt that hashes a password. `ip` is the address that a request came from. */
export interface Guard {
  /** Only attempts that throw `invalid_credentials` count. `name` is the key of the username. */
  login<T>(name: string, ip: string, attempt: () => Promise<T>): Promise<T>
  /** An attempt that throws `username_taken` counts in a limit of its own, a looser one. */
  registration<T>(name: string, ip: string, attempt: () => Promise<T>): Promise<T>
}

/**
 * Hashing is work by design, so it is also a way to drown a server. Node does it on the 4 threads that files and DNS
 * need, too: never take them all.
 */
const LINE = {
  running: Math.min(availableParallelism(), 3),
  waiting: 300,
  waitingPerAddress: 60,
  patienceMs: 30_000,
}

/** Where warnings go. */
export interface Log {
  warn(message: string): void
}

/** A limiter and the key that counts in it. */
type Counter = [limiter: RateLimiterMongo, key: string]

export interface GuardOptions {
  production: boolean
  log: Log
}

/**
 * The limits are counted in MongoDB, so that they hold across restarts and instances. A point is taken before the
 * password is hashed and given back on success: what is under way counts, so a burst of guesses cannot pass before the
 * first is counted. Builds its indexes first: the count is exact only because a key can exist once.
 */
export async function createGuard(db: Connection, { production, log }: GuardOptions): Promise<Guard> {
  const limiter = (keyPrefix: string, points: number, minutes: number) =>
    new RateLimiterMongo({
      storeClient: db.db,
      tableName: 'ratelimits',
      keyPrefix,
      points,
      duration: minutes * 60,
      disableIndexesCreation: true, // the constructor would not wait for them
    })
  const loginsByName = limiter('login:name', 10, 15)
  const loginsByAddress = limiter('login:ip', 100, 15)
  const registrations = limiter('register:ip', production ? 30 : 200, 60)
  const namesTaken = limiter('register:taken', production ? 100 : 1_000, 60)
  await loginsByName.createIndexes()
  const line = createFairLine(LINE)

  /** Takes a point of each counter, and gives back all but those that `toKeep` names for the outcome. */
  async function counted<T>(
    counters: Counter[],
    attempt: () => Promise<T>,
    toKeep: (error?: unknown) => Counter[],
  ): Promise<T> {
    const last = await take(counters)
    let kept = counters
    try {
      const result = await attempt()
      kept = toKeep()
      return result
    } catch (error) {
      kept = toKeep(error)
      for (const counter of last) if (kept.includes(counter)) warnOfLock(counter)
      throw error
    } finally {
      await giveBack(counters.filter((counter) => !kept.includes(counter)))
    }
  }

  /** An attempt too many is an attack, or somebody who forgot a password. The log says it once a lock. */
  function warnOfLock([limit, key]: Counter): void {
    // What is no username may be a password that was typed into the wrong box.
    const name = parseName(key).ok ? `"${key}"` : 'that is none'
    const who = limit === loginsByName ? `username ${name}` : `address ${key}`
    const minutes = (limit.duration ?? 0) / 60
    log.warn(
      `${limit.keyPrefix}: ${limit.points} failed attempts within ${minutes} minutes, ${who} is locked`,
    )
  }

  return {
    async login(name, ip, attempt) {
      const address = addressOf(ip)
      const counters: Counter[] = [
        [loginsByName, name],
        [loginsByAddress, address],
      ]
      await refuseExhausted(counters)
      const toKeep = (error?: unknown) => (hasCode(error, 'invalid_credentials') ? counters : [])
      return line(address, name, () => counted(counters, attempt, toKeep))
    },

    async registration(name, ip, attempt) {
      const address = addressOf(ip)
      const made: Counter = [registrations, address]
      const taken: Counter = [namesTaken, address]
      await refuseExhausted([made, taken])
      const toKeep = (error?: unknown) =>
        error === undefined ? [made] : hasCode(error, 'username_taken') ? [taken] : []
      return line(address, name, () => counted([made, taken], attempt, toKeep))
    },
  }
}

/** Throws 429 when one of them has no point left. Counts nothing, and nobody waits in line to learn it. */
async function refuseExhausted(counters: Counter[]): Promise<void> {
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

function hasCode(error: unknown, code: string): boolean {
  return error instanceof HttpError && error.code === code
}
