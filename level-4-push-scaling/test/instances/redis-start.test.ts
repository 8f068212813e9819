import { once } from 'node:events'
import net, { type AddressInfo, type Socket } from 'node:net'
import { type RunningRedis, startRedis } from '@levels/embedded-redis'
import { createLog } from '@levels/shared/server/log.ts'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { createGapWatch } from '../../src/instances/gap-watch.ts'
import { connectRedis } from '../../src/instances/redis.ts'

let redis: RunningRedis

beforeAll(async () => {
  redis = await startRedis()
})
afterEach(() => vi.useRealTimers())
afterAll(() => redis.close())

const startError = (message: string | RegExp) =>
  expect.objectContaining({ name: 'StartError', message: expect.stringMatching(message) })

/** Redis, up to the last thing that the start asks of it: then `fail` happens to that connection. */
async function redisThatFailsLate(fail: (connection: Socket) => void): Promise<URL> {
  const sockets = new Set<Socket>()
  const server = net.createServer((connection) => {
    const upstream = net.connect(Number(new URL(redis.uri).port), '127.0.0.1')
    for (const socket of [connection, upstream]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
    }
    upstream.pipe(connection)
    connection.on('data', (data) => {
      if (data.includes('levels:beat')) fail(connection)
      else upstream.write(data)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const url = new URL(redis.uri) // with its password
  url.port = String((server.address() as AddressInfo).port)
  return url
}

test.each<[string, (connection: Socket) => void, string]>([
  ['hangs', () => vi.advanceTimersByTime(5_000), 'no answer within 5000 ms'],
  ['dies', (connection) => void connection.destroy(), 'Socket closed unexpectedly'],
])(
  'Redis %s in the middle of the start: the start ends with a line that names REDIS_URL',
  async (_, fail, reason) => {
    const url = await redisThatFailsLate(fail)
    const connections = await connectRedis(url.href, createLog('silent'))
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const watch = createGapWatch(connections)
    await expect(connections.finishStart(watch.start(() => undefined))).rejects.toEqual(
      startError(
        `^REDIS_URL: Redis at ${url.host} cannot be reached \\(${reason}\\): ` +
          'start it there, or leave REDIS_URL unset in development$',
      ),
    )
  },
)

test.each(['redis://127.0.0.1:6399/abc', 'redis://%E0@127.0.0.1:6399'])(
  'REDIS_URL=%s is refused as an address',
  async (url) => {
    await expect(connectRedis(url, createLog('silent'))).rejects.toEqual(
      startError(/^REDIS_URL is not a Redis address \(.+\): write it like redis:\/\/127\.0\.0\.1:6379$/),
    )
  },
)
