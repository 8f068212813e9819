import { once } from 'node:events'
import net, { type AddressInfo, type Socket } from 'node:net'
import { type EmbeddedMongo, startEmbeddedMongo } from '@levels/embedded-mongo'
import { type RunningRedis, startRedis } from '@levels/embedded-redis'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { launchInstance } from '../support/instance.ts'

let mongo: EmbeddedMongo
let redis: RunningRedis

beforeAll(async () => {
  ;[mongo, redis] = await Promise.all([startEmbeddedMongo(), startRedis()])
})
afterAll(() => Promise.all([mongo.close(), redis.close()]))

async function startWith(redisUrl: string): Promise<string> {
  const program = launchInstance('app1', { mongo: mongo.uri, redis: redisUrl })
  expect(await program.exit).toEqual({ code: 1, signal: null })
  return program.stdout() + program.stderr()
}

/** Redis, up to the last thing that the start asks of it: then `fail` happens to that connection. */
async function redisThatFailsLate(fail: (connection: Socket) => void): Promise<string> {
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
  return url.href
}

test.each<[string, (connection: Socket) => void, string]>([
  ['hangs', () => undefined, 'no answer within 5000 ms'],
  ['dies', (connection) => void connection.destroy(), 'Socket closed unexpectedly'],
])(
  'Redis %s in the middle of the start: one line names REDIS_URL, exit code 1',
  { timeout: 30_000 },
  async (_, fail, reason) => {
    const url = await redisThatFailsLate(fail)
    expect(await startWith(url)).toBe(
      `REDIS_URL: Redis at ${new URL(url).host} cannot be reached (${reason}): ` +
        'start it there, or leave REDIS_URL unset in development\n',
    )
  },
)

test.each(['redis://127.0.0.1:6399/abc', 'redis://%E0@127.0.0.1:6399'])(
  'REDIS_URL=%s is refused as an address, in one line',
  async (url) => {
    expect(await startWith(url)).toMatch(
      /^REDIS_URL is not a Redis address \(.+\): write it like redis:\/\/127\.0\.0\.1:6379\n$/,
    )
  },
)
