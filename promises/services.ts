import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type PushService, startPushService } from '@levels/shared/testing/push-service.ts'
import type { History } from './history.ts'
import { type ServerProcess, startServer } from './server-process.ts'

/** What servers of levels 3 and 4 need beside themselves; every run has its own. */
export interface Services {
  mongo: ServerProcess
  redis: ServerProcess
  push: PushService
  /** What tells a server of them. */
  env: Record<string, string>
  jwtSecret: string
  close(): Promise<void>
}

const script = path.join(import.meta.dirname, 'service-process.ts')
const JWT_SECRET = 'a secret that only this run knows, long enough'

/** Starts a MongoDB and a Redis for development, and a push service with the devices behind it. */
export async function startServices(history?: History): Promise<Services> {
  const dir = await mkdtemp(path.join(tmpdir(), 'promises-'))
  const password = randomBytes(24).toString('base64url')
  const root = path.join(import.meta.dirname, '..')
  const start = (name: string) =>
    startServer({
      command: [process.execPath, '--import', 'tsx', script, name],
      cwd: root,
      env: { DATA_DIR: path.join(dir, name), SERVICE_PASSWORD: password, NODE_ENV: undefined },
      name,
      ...(history && { history }),
    })
  const [mongo, redis, push] = await Promise.all([start('mongo'), start('redis'), startPushService()])
  return {
    mongo,
    redis,
    push,
    jwtSecret: JWT_SECRET,
    env: {
      MONGODB_URI: `mongodb://level:${password}@127.0.0.1:${mongo.port}/notifications?authSource=admin&retryWrites=false`,
      REDIS_URL: `redis://:${password}@127.0.0.1:${redis.port}`,
      JWT_SECRET,
      PUSH_ALLOWED_HOSTS: new URL(push.origin).host,
      PUSH_CA_FILE: push.caFile,
    },
    async close() {
      await Promise.all([mongo.close(), redis.close(), push.close()])
      await rm(dir, { recursive: true, force: true })
    },
  }
}
