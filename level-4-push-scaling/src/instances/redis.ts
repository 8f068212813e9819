import { StartError } from '@levels/shared/server/start-error.ts'
import { within } from '@levels/shared/server/within.ts'
import { createClient } from 'redis'

export type RedisClient = ReturnType<typeof createClient>
type Log = Pick<Console, 'info' | 'warn'>

/** The two connections that the instances talk over: a Redis connection that listens can do nothing else. */
export interface RedisConnections {
  publisher: RedisClient
  subscriber: RedisClient
  /** Waits for `work`, the last thing that the start asks of Redis. Throws StartError when Redis does not do it in time. */
  finishStart(work: Promise<void>): Promise<void>
  close(): void
}

const START_TIMEOUT_MS = 5_000
/** The longest pause between two attempts to come back. */
const MAX_RETRY_MS = 1_000
/** Publishes that may wait for Redis's answer; more are refused, so that a Redis that hangs fills no memory. */
const MAX_PENDING_COMMANDS = 10_000

/**
 * Connects to Redis twice; resolves when both connections are ready. After `finishStart` Redis may come and go: the
 * connections come back by themselves, and a publish made meanwhile rejects at once (queued, it would arrive late, and
 * the queue has no limit). Throws StartError when `url` is no Redis address, or Redis cannot be reached.
 */
export async function connectRedis(url: string, log: Log): Promise<RedisConnections> {
  let started = false
  let away = false
  let firstError: Error | undefined
  const socket = {
    connectTimeout: 2_000,
    reconnectStrategy: (retries: number, cause: Error) =>
      started ? Math.min(50 * 2 ** retries, MAX_RETRY_MS) * (0.5 + Math.random() / 2) : cause,
  }
  // A connection that says nothing may be half dead: pings notice, and keep proxies on the way from closing it.
  const options = { url, socket, pingInterval: 5_000, commandsQueueMaxLength: MAX_PENDING_COMMANDS }
  const [publisher, subscriber] = [client({ ...options, disableOfflineQueue: true }), client(options)]
  const clients = [publisher, subscriber]

  // Without a listener on each client, the first lost connection would end the process.
  for (const client of clients) {
    client.on('error', (error: Error) => {
      firstError ??= error
      if (!started || away) return
      away = true
      log.warn(`Redis is away (${error.message}): this instance serves its users, the log keeps the rest`)
    })
    client.on('ready', () => {
      if (!away || !clients.every(({ isReady }) => isReady)) return
      away = false
      log.info('Redis is back: the instances hear each other again')
    })
  }
  const close = () => {
    for (const client of clients) if (client.isOpen) client.destroy()
  }

  async function inTime(work: Promise<unknown>): Promise<void> {
    try {
      await within(START_TIMEOUT_MS, work, new Error(`no answer within ${START_TIMEOUT_MS} ms`))
    } catch (error) {
      close()
      throw new StartError(
        `REDIS_URL: Redis at ${new URL(url).host} cannot be reached (${reasonOf(firstError ?? error)}): ` +
          'start it there, or leave REDIS_URL unset in development',
      )
    }
  }

  await inTime(Promise.all(clients.map((client) => client.connect())))
  return {
    publisher,
    subscriber,
    async finishStart(work) {
      await inTime(work)
      started = true
    },
    close,
  }
}

/** Throws StartError when the URL in `options` is not one that the library understands. */
function client(options: Parameters<typeof createClient>[0]): RedisClient {
  try {
    return createClient(options)
  } catch (error) {
    const reason = reasonOf(error)
    throw new StartError(`REDIS_URL is not a Redis address (${reason}): write it like redis://127.0.0.1:6379`)
  }
}

/** The first cause's words: the library wraps it. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.cause instanceof Error) return reasonOf(error.cause)
  return error.message || ('code' in error ? String(error.code) : error.name)
}
