import { generateKeyPairSync } from 'node:crypto'
import path from 'node:path'
import { runner } from '@levels/shared/dev/typescript.js'
import type { Level } from './promises.ts'
import { type ServerProcess, startServer } from './server-process.ts'
import { type Services, startServices } from './services.ts'
import { makeTempDir } from './temp-dir.ts'

/** What is tried: our own level, a server that may be started, or one that runs already. */
export type Target =
  | { kind: 'ours' }
  /** `alone`: it needs neither a MongoDB nor a Redis. */
  | { kind: 'start'; command: string; alone?: boolean }
  | { kind: 'at'; urls: readonly [string, ...string[]] }

/** A server under test, with all that it needs. */
export interface Stage {
  readonly level: Level
  /** One server; at level 4 two instances. */
  readonly urls: readonly [string, ...string[]]
  /** Absent for a server that runs already: it cannot be killed, started with settings, or measured. */
  readonly servers?: readonly ServerProcess[]
  readonly services?: Services
  close(): Promise<void>
}

const root = path.join(import.meta.dirname, '..')
const folders = ['level-1-websocket', 'level-2-socketio', 'level-3-jwt-notifications', 'level-4-push-scaling']

/** How often a level asks its peers whether they are there, in milliseconds; level 1's own default is 30 s. */
export const HEARTBEAT_MS = 1_000
/** How long level 4 waits before it pushes, in milliseconds; its own default is 5 s. */
export const PUSH_DELAY_MS = 1_500

/** Starts what is to be tried, on free ports, with services of its own. Rejects with ServerProblem. */
export async function openStage(
  target: Target,
  level: Level,
  settings: Record<string, string> = {},
): Promise<Stage> {
  if (target.kind === 'at') {
    const services = level === 4 ? await startServices('push') : undefined
    return { level, urls: target.urls, ...(services && { services }), close: async () => services?.close() }
  }
  const data = makeTempDir('promises-data')
  const services = level >= 3 ? await startServices(needOf(target)) : undefined
  const names = level === 4 ? ['app1', 'app2'] : ['server']
  const command =
    target.kind === 'start'
      ? target.command
      : ([process.execPath, runner, path.join(folders[level - 1] ?? '', 'src', 'main.ts')] as const)
  const env = {
    ...ownEnvironment(target),
    ...services?.env,
    ...(level === 4 && { PUSH_DELAY_MS: String(PUSH_DELAY_MS), ...makeVapidKeys() }),
    DATA_DIR: data.dir,
    ...settings,
  }
  const servers: ServerProcess[] = []
  const close = async () => {
    await Promise.all(servers.map((server) => server.close()))
    await services?.close()
    await data.remove()
  }
  try {
    // One after the other: the first one makes the collections, and says first what is wrong.
    for (const name of names) {
      const cwd = target.kind === 'ours' ? { cwd: root } : {}
      servers.push(
        await startServer({
          command: typeof command === 'string' ? command : [...command],
          env: { ...env, ...(level >= 3 && { INSTANCE_NAME: name }) },
          name,
          ...cwd,
        }),
      )
    }
  } catch (problem) {
    await close()
    throw problem
  }
  const [first, ...others] = servers.map(({ url }) => url)
  return { level, urls: [first ?? '', ...others], servers, ...(services && { services }), close }
}

const needOf = (target: Target) => (target.kind === 'start' && target.alone ? 'push and a key' : 'all')

/** Our own levels run as in development, whatever the environment says, without reloading pages. */
function ownEnvironment({ kind }: Target): Record<string, string | undefined> {
  if (kind !== 'ours') return {}
  return { NODE_ENV: undefined, ALLOWED_ORIGINS: undefined, LOG_LEVEL: 'warn', IN_CLUSTER: 'true' }
}

/** A key pair for Web Push (RFC 8292): both instances need the same one. */
function makeVapidKeys(): Record<string, string> {
  const jwk = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey.export({ format: 'jwk' })
  const point = Buffer.concat([
    Buffer.from([4]),
    Buffer.from(String(jwk.x), 'base64url'),
    Buffer.from(String(jwk.y), 'base64url'),
  ])
  return {
    VAPID_PUBLIC_KEY: point.toString('base64url'),
    VAPID_PRIVATE_KEY: String(jwk.d),
    VAPID_SUBJECT: 'mailto:promises@example.com',
  }
}
