import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { startRedis } from '../src/index.ts'
import { findRedisServer, startRedisServer } from '../src/redis-server.ts'
import { describeEachRedis } from './support/each-redis.ts'
import { command, connectRaw } from './support/raw-client.ts'

afterEach(() => vi.unstubAllEnvs())

/** Whether anything accepts connections at the URI. */
async function isUp(uri: string): Promise<boolean> {
  const { hostname, port } = new URL(uri)
  const socket = connect(Number(port), hostname)
  const up = await Promise.race([
    once(socket, 'connect').then(() => true),
    new Promise<boolean>((resolve) => socket.once('error', () => resolve(false))),
  ])
  socket.destroy()
  return up
}

describeEachRedis('startRedis', (kind) => {
  test('answers on 127.0.0.1 at a port of its own and says what it is', async () => {
    const [first, second] = await Promise.all([startRedis({ kind }), startRedis({ kind })])
    expect(first.uri).toMatch(/^redis:\/\/:[\w-]{32}@127\.0\.0\.1:\d+$/)
    expect(second.uri).not.toBe(first.uri)
    expect(first.kind).toBe(kind)
    const name = kind === 'embedded' ? 'embedded pub/sub stand-in for development' : 'redis-server'
    expect(first.notice).toBe(`${name} on ${new URL(first.uri).host}`)
    await Promise.all([first.close(), second.close()])
  })

  test('stops, cuts its clients, and comes back under the same URI', async () => {
    const redis = await startRedis({ kind })
    const client = await connectRaw(redis.uri)
    await redis.close()
    await client.closed
    expect(await isUp(redis.uri)).toBe(false)
    await redis.close()

    const again = await startRedis({ kind, ...redis.address })
    expect(again.uri).toBe(redis.uri)
    expect(await (await connectRaw(again.uri)).exchange(command('PING'), '\r\n')).toBe('+PONG\r\n')
    await again.close()
  })

  test('says that a fixed port is taken', async () => {
    const redis = await startRedis({ kind })
    const { port } = redis.address
    await expect(startRedis({ kind, port })).rejects.toThrow(new RegExp(`port ${port}\\b`))
    await redis.close()
  })

  test('refuses production', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    await expect(startRedis({ kind })).rejects.toThrow('NODE_ENV=production: set REDIS_URL')
  })

  test('dies with its parent, even one that is killed', async () => {
    const script = fileURLToPath(new URL('support/redis-parent.ts', import.meta.url))
    const parent = fork(script, [kind], { execArgv: ['--import', 'tsx'] })
    const [uri] = (await once(parent, 'message')) as [string]
    expect(await isUp(uri)).toBe(true)
    parent.kill('SIGKILL')
    await expect.poll(() => isUp(uri), { timeout: 5_000 }).toBe(false)
  })
})

describe('startRedis without redis-server', () => {
  test('takes the embedded one', async () => {
    vi.stubEnv('PATH', '/nowhere')
    const redis = await startRedis()
    expect(redis.kind).toBe('embedded')
    await redis.close()
  })

  test('says so when it must be redis-server', async () => {
    vi.stubEnv('PATH', '/nowhere')
    await expect(startRedis({ kind: 'redis-server' })).rejects.toThrow(
      'redis-server was not found on the PATH',
    )
  })
})

/** Stand-ins for redis-server that misbehave as the real one can. */
describe('startRedisServer', () => {
  async function withProgram(lines: string, use: (program: string, folder: string) => Promise<void>) {
    const folder = await mkdtemp(join(tmpdir(), 'redis-program-'))
    const program = join(folder, 'redis-server')
    await writeFile(program, `#!/bin/sh\ncd '${folder}'\n${lines}\n`)
    await chmod(program, 0o755)
    await use(program, folder).finally(() => rm(folder, { recursive: true }))
  }

  const LISTEN_FAILS =
    'echo "9:M 1 Jan 2025 00:00:00.000 # Failed listening on port $2 (TCP), aborting."; exit 1'
  const LISTENS = 'echo "9:M 1 Jan 2025 00:00:00.000 * Ready to accept connections"; exec sleep 60'

  test('takes another port when somebody was faster', async () => {
    await withProgram(
      `echo $2 >>ports\n[ -e once ] || { touch once; ${LISTEN_FAILS}; }\n${LISTENS}`,
      async (program, folder) => {
        const running = await startRedisServer(program, 0, 'password')
        const ports = (await readFile(join(folder, 'ports'), 'utf8')).trim().split('\n').map(Number)
        expect(ports).toHaveLength(2)
        expect(running.port).toBe(ports[1])
        await running.close()
      },
    )
  })

  test('gives up after five ports, in the words of the program', async () => {
    await withProgram(`echo $2 >>ports\n${LISTEN_FAILS}`, async (program, folder) => {
      await expect(startRedisServer(program, 0, 'password')).rejects.toThrow(
        /^redis-server did not start: Failed listening on port \d+ \(TCP\), aborting\.$/,
      )
      expect((await readFile(join(folder, 'ports'), 'utf8')).trim().split('\n')).toHaveLength(5)
    })
  })

  test('may end by itself, and close() still resolves', async () => {
    await withProgram(LISTENS.replace('exec sleep 60', 'sleep 0.1'), async (program) => {
      const running = await startRedisServer(program, 0, 'password')
      await running.close()
      await running.close()
    })
  })
})

test.runIf(findRedisServer())('redis-server leaves no file behind, whatever its clients ask', async () => {
  const before = await readdir(tmpdir())
  const redis = await startRedis({ kind: 'redis-server' })
  const client = await connectRaw(redis.uri)
  await client.exchange(command('SET', 'key', 'value'), '\r\n')
  client.socket.destroy()
  await redis.close()
  expect((await readdir(tmpdir())).filter((name) => !before.includes(name) && name.endsWith('.rdb'))).toEqual(
    [],
  )
})
