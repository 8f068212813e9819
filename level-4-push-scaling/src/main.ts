import path from 'node:path'
import { connectDatabase, openMongo, seed } from '@levels/3-jwt-notifications/src/doors.ts'
import { StartError } from '@levels/shared/server/config.ts'
import { runLevel } from '@levels/shared/server/run.ts'
import { SettingsError } from './channel.ts'
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
    const mongo = await openMongo(config, 'level-4')
    const redisService = await openRedis(config.redisUrl)
    const db = await connectDatabase(mongo.uri)
    const { redis, server } = await asStartError(async () => {
      const redis = await connectRedis(redisService.uri, log)
      // The containers have no dev/.
      const dev = config.production ? undefined : await import('../dev/index.ts')
      const experiments = dev?.createExperiments(config.instance, env)
      const server = await createServer({ config, db, redis, log, page, routes: experiments?.routes })
      experiments?.listen(server.io)
      return { redis, server }
    })
    return {
      config,
      server: {
        http: server.http,
        async close() {
          await server.close()
          redis.close()
          await db.close()
          await Promise.all([mongo.close(), redisService.close()])
        },
      },
      services: [mongo.notice, redisService.notice],
      notes: config.production ? [] : await seed(server),
    }
  },
})

/** The Redis at `REDIS_URL`, or without that one for development, which ends with this process. */
async function openRedis(redisUrl: string | undefined) {
  if (redisUrl !== undefined)
    return { uri: redisUrl, notice: 'Redis at REDIS_URL', close: async () => undefined }
  const { startRedis } = await import('@levels/embedded-redis')
  return startRedis()
}

/** A setting that cannot work ends the start in one line, like any other. */
async function asStartError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof SettingsError ? new StartError(error.message) : error
  }
}
