import { tooMany } from '@levels/shared/server/respond.ts'
import type { Connection } from 'mongoose'
import { RateLimiterMongo, RateLimiterRes } from 'rate-limiter-flexible'

/** Counted in MongoDB, so that they hold across restarts and instances. */
export interface RateLimits {
  /** Throws HttpError 429 when this username or address failed too often. Counts nothing. */
  checkLogin(username: string, ip: string): Promise<void>
  countFailedLogin(username: string, ip: string): Promise<void>
  /** Counts one. Throws HttpError 429 when this address registered too often. */
  countRegistration(ip: string): Promise<void>
  /** Takes back one that was counted. */
  forgiveRegistration(ip: string): Promise<void>
}

/** Builds its indexes first: the count is exact only because a key can exist once. */
export async function createRateLimits(db: Connection): Promise<RateLimits> {
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
  const loginsByIp = limiter('login:ip', 100, 15)
  const registrationsByIp = limiter('register:ip', 30, 60)
  await loginsByName.createIndexes()

  return {
    async checkLogin(username, ip) {
      const counts = await Promise.all([exhausted(loginsByName, username), exhausted(loginsByIp, ip)])
      const waitMs = Math.max(...counts)
      if (waitMs > 0) throw tooMany(waitMs)
    },
    async countFailedLogin(username, ip) {
      // Past the limit `consume` rejects with the count: the next check says so, this answer is "wrong password".
      await Promise.all([
        loginsByName.consume(username).catch(unlessLimited),
        loginsByIp.consume(ip).catch(unlessLimited),
      ])
    },
    async countRegistration(ip) {
      await registrationsByIp.consume(ip).catch((refused: unknown) => {
        throw refused instanceof RateLimiterRes ? tooMany(refused.msBeforeNext) : refused
      })
    },
    async forgiveRegistration(ip) {
      await registrationsByIp.reward(ip)
    },
  }
}

/** How long until this key may go on, in milliseconds; 0 when it may now. */
async function exhausted(limiter: RateLimiterMongo, key: string): Promise<number> {
  const count = await limiter.get(key)
  return count && count.consumedPoints >= limiter.points ? count.msBeforeNext : 0
}

function unlessLimited(refused: unknown): void {
  if (!(refused instanceof RateLimiterRes)) throw refused
}
