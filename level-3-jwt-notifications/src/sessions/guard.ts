import { availableParallelism } from 'node:os'
import { addressOf, type Counter, counted, refuseExhausted } from '@levels/shared/server/attempts.ts'
import { createFairLine } from '@levels/shared/server/fair-line.ts'
import { parseName } from '@levels/shared/server/names.ts'
import type { Connection } from 'mongoose'
import { RateLimiterMongo } from 'rate-limiter-flexible'

/**
 * A password's hash is slow by design, so many at once could stop a server. Node makes them on the 4 threads that files
 * and DNS need, too: some of these always stay free.
 */
const LINE = {
  running: Math.min(availableParallelism(), 3),
  waiting: 300,
  waitingPerAddress: 60,
  patienceMs: 30_000,
}

/** Where warnings go. */
export type Log = Pick<Console, 'warn'>

export type Guard = Awaited<ReturnType<typeof createGuard>>

/**
 * Stands before every attempt that hashes a password. The limits are counted in MongoDB, so that they hold across
 * restarts and instances. Builds its indexes first: the count is exact only because a key can exist once.
 */
export async function createGuard(db: Connection, { production, log }: { production: boolean; log: Log }) {
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

  /** Too many attempts are an attack, or somebody who forgot a password. Each lock is told once. */
  function warnOfLock([limit, key]: Counter): void {
    // What is no username may be a password that was typed into the wrong box.
    const name = parseName(key).ok ? `"${key}"` : 'that is none'
    const who = limit === loginsByName ? `username ${name}` : `address ${key}`
    const attempts = `${limit.points} failed attempts within ${(limit.duration ?? 0) / 60} minutes`
    log.warn(`${limit.keyPrefix}: ${attempts}, ${who} is locked`)
  }

  /** Counts in the counters that `toKeepAt` has for the outcome: the code of the error, or `done`. */
  async function attempted<T>(
    name: string,
    ip: string,
    attempt: () => Promise<T>,
    toKeepAt: (address: string) => Record<string, Counter[]>,
  ): Promise<T> {
    const address = addressOf(ip)
    const toKeep = toKeepAt(address)
    const counters = Object.values(toKeep).flat()
    await refuseExhausted(counters)
    return line(address, name, () => counted(counters, attempt, toKeep, warnOfLock))
  }

  return {
    /** `name` is the key of the username, `ip` the address of the request. Only a wrong password counts. */
    login: <T>(name: string, ip: string, attempt: () => Promise<T>): Promise<T> =>
      attempted(name, ip, attempt, (address) => ({
        invalid_credentials: [
          [loginsByName, name],
          [loginsByAddress, address],
        ],
      })),

    /** A name that is taken counts in a limit of its own, a looser one. */
    registration: <T>(name: string, ip: string, attempt: () => Promise<T>): Promise<T> =>
      attempted(name, ip, attempt, (address) => ({
        done: [[registrations, address]],
        username_taken: [[namesTaken, address]],
      })),
  }
}
