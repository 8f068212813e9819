import { connectDatabase, seed } from '@levels/3-jwt-notifications/src/doors.ts'
import { pageForBench } from '@levels/shared/bench/hood.ts'
import { createLog } from '@levels/shared/server/log.ts'
import { listen, urlOf } from '@levels/shared/server/run.ts'
import { readConfig } from '../src/config.ts'
import { connectRedis } from '../src/instances/redis.ts'
import { createServer } from '../src/server.ts'

// The level's own server, as src/main.ts starts it, but for the limit on what one user may send: one user sends it all.
const limits = { notifications: { perMinute: 1_000_000, atOnce: 1_000 } }
const config = { ...readConfig(process.env), limits }
const log = createLog('warn')
const db = await connectDatabase(config.mongodbUri ?? '')
const redis = await connectRedis(config.redisUrl ?? '', log)
const server = await createServer({ config, db, redis, log, page: pageForBench() })
await seed(server)
await listen(server.http, config)
console.log(urlOf(server.http))
