import { randomBytes } from 'node:crypto'
import { startEmbeddedServer } from './embedded-server.ts'
import { findRedisServer, startRedisServer } from './redis-server.ts'

export type RedisKind = 'redis-server' | 'embedded'

export interface RedisOptions {
  /** Which one to start; by default `redis-server` if it is installed, else the embedded one. */
  kind?: RedisKind
  /** A fixed port, to come back on the same one after a stop; by default a free port. */
  port?: number
  /** To come back under the same URI after a stop; by default a new one is made. Letters, digits, `-` and `_`. */
  password?: string
}

export interface RunningRedis {
  /** For the `redis` package: `createClient({ url: uri })`. It holds the password: do not print it. */
  uri: string
  /** Port and password, for the options of one that is to come back under the same URI. */
  address: { port: number; password: string }
  kind: RedisKind
  /** One line for the start of a program: what is in use, and where. */
  notice: string
  /** Stops it; clients see their connection close. Fine to call twice. */
  close(): Promise<void>
}

/**
 * Starts a Redis for development on 127.0.0.1: a real `redis-server` if one is installed, else an embedded server
 * that knows publish/subscribe only (commands.ts lists all of it). Nothing is stored on disk, and neither outlives
 * this process.
 *
 * Rejects, with a message for the user, when NODE_ENV is production, when the fixed port is taken, and when
 * `redis-server` is asked for but missing.
 */
export async function startRedis(options: RedisOptions = {}): Promise<RunningRedis> {
  const { kind, port = 0, password = randomBytes(24).toString('base64url') } = options
  if (process.env.NODE_ENV === 'production') {
    throw new Error('The Redis for development does not start with NODE_ENV=production: set REDIS_URL')
  }
  const program = kind === 'embedded' ? undefined : findRedisServer()
  if (kind === 'redis-server' && !program) throw new Error('redis-server was not found on the PATH')
  if (program) {
    const running = await startRedisServer(program, port, password)
    return describe('redis-server', 'redis-server', running, password)
  }
  const running = await startEmbeddedServer(port, password).catch((problem: NodeJS.ErrnoException) => {
    if (problem.code === 'EADDRINUSE') throw new Error(`Redis cannot start: port ${port} is already taken`)
    throw problem
  })
  return describe('embedded', 'embedded pub/sub stand-in for development', running, password)
}

function describe(
  kind: RedisKind,
  name: string,
  running: { port: number; close(): Promise<void> },
  password: string,
): RunningRedis {
  const host = `127.0.0.1:${running.port}`
  return {
    uri: `redis://:${password}@${host}`,
    address: { port: running.port, password },
    kind,
    notice: `${name} on ${host}`,
    close: running.close,
  }
}
