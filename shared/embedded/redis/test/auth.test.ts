import { execFileSync } from 'node:child_process'
import { createClient } from 'redis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningRedis, startRedis } from '../src/index.ts'
import { describeEachRedis } from './support/each-redis.ts'
import { command, connectRaw } from './support/raw-client.ts'

const NOAUTH = '-NOAUTH Authentication required.\r\n'
const WRONGPASS = '-WRONGPASS invalid username-password pair or user is disabled.\r\n'

describeEachRedis('a stranger', (kind) => {
  let redis: RunningRedis
  beforeAll(async () => {
    redis = await startRedis({ kind })
  })
  afterAll(() => redis.close())

  /** What somebody without the password is answered. */
  async function answered(bytes: string, until?: string): Promise<string> {
    const stranger = await connectRaw(`redis://127.0.0.1:${redis.address.port}`)
    const answer = await stranger.exchange(bytes, until)
    stranger.socket.destroy()
    return answer
  }

  test('is asked for a password, whatever it wants', async () => {
    for (const wanted of [
      ['PING'],
      ['PUBLISH', 'a', 'x'],
      ['SUBSCRIBE', 'a'],
      ['CLIENT', 'ID'],
      ['HELLO', '3'],
    ])
      expect(await answered(command(...wanted), '\r\n')).toMatch(/^-NOAUTH /)
    expect(await answered(command('PING'), '\r\n')).toBe(NOAUTH)
  })

  test('is told that a guess is wrong', async () => {
    expect(await answered(command('AUTH', 'guess'), '\r\n')).toBe(WRONGPASS)
    expect(await answered(command('AUTH', 'other', redis.address.password), '\r\n')).toBe(WRONGPASS)
    expect(await answered(command('HELLO', '3', 'AUTH', 'default', 'guess'), '\r\n')).toBe(WRONGPASS)
    const url = `redis://:guess@127.0.0.1:${redis.address.port}`
    const client = createClient({ url, socket: { reconnectStrategy: false } })
    client.on('error', () => undefined) // connect() rejects with it
    await expect(client.connect()).rejects.toThrow('WRONGPASS')
  })

  test('may not send much', async () => {
    expect(await answered('*11\r\n')).toBe('-ERR Protocol error: unauthenticated multibulk length\r\n')
    const long = await answered('*2\r\n$4\r\nAUTH\r\n$16385\r\n')
    expect(long).toBe('-ERR Protocol error: unauthenticated bulk length\r\n')
  })

  test('does not find the password in the list of processes', () => {
    expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain(redis.address.password)
    expect(redis.notice).not.toContain(redis.address.password)
  })
})
