import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { runner } from '@levels/shared/dev/typescript.js'
import { createLog } from '@levels/shared/server/log.ts'
import { startCommand } from '@levels/shared/testing/process.ts'
import { keepRunning } from '../dev/keep-running.ts'

/** MongoDB and Redis for everything that is measured, and instances on them, each a process of its own. */
export interface Services {
  mongo: string
  redis: string
  /** Starts a program on these services; resolves when it printed where it is. */
  start(script: string, env?: Record<string, string>): Promise<MeasuredInstance>
  stop(): Promise<void>
}

export interface MeasuredInstance {
  url: string
  pid: number
  stop(): Promise<void>
}

/** Those at MONGODB_URI and REDIS_URL, or the ones for development. */
export async function startServices(): Promise<Services> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'bench-4-'))
  const log = createLog('warn')
  const run = (name: string) =>
    keepRunning({
      name,
      script: `dev/${name}-process.ts`,
      env: { SERVICE_PORT: '0', MONGO_DIR: dataDir },
      log,
      restartAfterMs: 1_000,
      stopWithinMs: 1_000,
    })
  const { MONGODB_URI, REDIS_URL } = process.env
  const [mongo, redis] = await Promise.all([
    MONGODB_URI ? undefined : run('mongo'),
    REDIS_URL ? undefined : run('redis'),
  ])
  const uris = { MONGODB_URI: MONGODB_URI ?? mongo?.ready ?? '', REDIS_URL: REDIS_URL ?? redis?.ready ?? '' }
  console.log(`on ${mongo?.services ?? 'MongoDB at MONGODB_URI'}, ${redis?.services ?? 'Redis at REDIS_URL'}`)
  return {
    mongo: uris.MONGODB_URI,
    redis: uris.REDIS_URL,
    async start(script, env) {
      const args = [runner, path.join(import.meta.dirname, '..', script)] // as a level is started
      const program = startCommand(process.execPath, args, { env: { PORT: '0', ...uris, ...env } })
      return { url: await program.url(), pid: program.pid, stop: program.stop }
    },
    async stop() {
      await Promise.all([mongo?.stop(), redis?.stop()])
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
