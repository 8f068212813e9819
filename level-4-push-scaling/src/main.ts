import path from 'node:path'
import { openDatabase, seed } from '@levels/3-jwt-notifications/src/doors.ts'
import { runLevel } from '@levels/shared/server/run.ts'
import { readConfig } from './config.ts'
import { connectRedis } from './instances/redis.ts'
import { createServer } from './server.ts'

// One instance. `npm run level-4` starts two of them (dev/cluster.ts), docker-compose.yml as well.
const inCluster = process.env.IN_CLUSTER === 'true'
await runLevel({
  name: `Level 4 · Web Push and several instances · ${process.env.INSTANCE_NAME || 'app1'}`,
  dir: path.join(import.meta.dirname, '..'),
  quiet: inCluster,
  hotReload: !inCluster,
  async start({ env, log, page }) {
    const config = readConfig(env)
    const mongo = await openDatabase(config, 'level-4')
    // The containers have no dev/, and must have a REDIS_URL.
    const dev = config.production ? undefined : await import('../dev/index.ts')
    const redisService = config.redisUrl === undefined ? await dev?.openRedis() : undefined
    const redis = await connectRedis(config.redisUrl ?? redisService?.uri ?? '', log)
    const { routes, listen } = dev?.createExperiments(config.instance, env) ?? {}
    const server = await createServer({ config, db: mongo.db, redis, log, page, routes })
    listen?.(server.io)
    return {
      config,
      server: {
        http: server.http,
        async close() {
          await server.close()
          redis.close()
          await Promise.all([mongo.close(), redisService?.close()])
        },
      },
      services: [mongo.notice, redisService?.notice ?? 'Redis at REDIS_URL'],
      notes: config.production ? [] : await seed(server),
    }
  },
})
