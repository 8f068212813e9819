import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { runner } from '@levels/shared/dev/typescript.js'
import { type PushService, startPushService } from '@levels/shared/testing/push-service.ts'
import { type ServerProcess, startServer } from './server-process.ts'
import { makeTempDir } from './temp-dir.ts'

/** What servers of levels 3 and 4 need beside themselves; every stage has its own. */
export interface Services {
  mongo?: ServerProcess
  redis?: ServerProcess
  push: PushService
  /** What tells a server of them. */
  env: Record<string, string>
  /** What access tokens are signed with; undefined when the server was not started by this run. */
  jwtSecret?: string
  close(): Promise<void>
}

const root = path.join(import.meta.dirname, '..')
const script = path.join(import.meta.dirname, 'service-process.ts')
const JWT_SECRET = 'a secret that only this run knows, long enough'

/**
 * Starts a push service with the devices behind it and, if the servers are started here, and unless they `need` just a
 * key, a MongoDB and a Redis for development.
 */
export async function startServices(need: 'push' | 'push and a key' | 'all'): Promise<Services> {
  const push = await startPushService()
  const pushEnv = { PUSH_ALLOWED_HOSTS: new URL(push.origin).host, PUSH_CA_FILE: push.caFile }
  if (need === 'push') return { push, env: pushEnv, close: push.close }
  if (need === 'push and a key') {
    return { push, jwtSecret: JWT_SECRET, env: { ...pushEnv, JWT_SECRET }, close: push.close }
  }

  const { dir, remove } = makeTempDir('promises-services')
  const password = randomBytes(24).toString('base64url')
  const start = (name: string) =>
    startServer({
      command: [process.execPath, runner, script, name],
      cwd: root,
      env: { DATA_DIR: path.join(dir, name), SERVICE_PASSWORD: password, NODE_ENV: undefined },
      name,
    })
  const [mongo, redis] = await Promise.all([start('mongo'), start('redis')])
  return {
    mongo,
    redis,
    push,
    jwtSecret: JWT_SECRET,
    env: {
      ...pushEnv,
      MONGODB_URI: `mongodb://level:${password}@127.0.0.1:${mongo.port}/notifications?authSource=admin&retryWrites=false`,
      REDIS_URL: `redis://:${password}@127.0.0.1:${redis.port}`,
      JWT_SECRET,
    },
    async close() {
      await Promise.all([mongo.close(), redis.close(), push.close()])
      await remove()
    },
  }
}
