import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startEmbeddedMongo } from '@levels/embedded-mongo'
import { StartError } from '@levels/shared/server/config.ts'
import { type Program, startCommand, startProgram } from '@levels/shared/testing/process.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readConfig } from '../src/config.ts'
import { request } from './support/person.ts'
import { connectTab } from './support/tab.ts'

const MAIN = 'level-3-jwt-notifications/src/main.ts'

// Starting a program takes a while on a busy machine.
describe('npm run level-3', { timeout: 90_000 }, () => {
  let dataDir = ''
  const programs: Program[] = []

  beforeEach(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'level-3-'))
  })
  afterEach(async () => {
    for (const program of programs.splice(0)) await program.stop()
    await rm(dataDir, { recursive: true, force: true })
  })

  function start(env: Record<string, string | undefined> = {}): Program {
    const clean = { NODE_ENV: undefined, MONGODB_URI: undefined, JWT_SECRET: undefined }
    const program = startProgram([MAIN], { env: { ...clean, PORT: '0', DATA_DIR: dataDir, ...env } })
    programs.push(program)
    return program
  }
  const logIn = async (url: string) =>
    request(url, 'POST', '/api/auth/login', { username: 'alice', password: 'password123' })

  it('needs nothing installed, and says its URL, its database and how to sign in', async () => {
    const program = start()
    const url = await program.url()
    await program.printed(/password123/)
    expect(program.stdout()).toMatch(
      /^Level 3 .*\n {2}http:\/\/localhost:\d+\n {2}services: embedded MongoDB.*\n {2}sign in as alice, bob, admin: password password123\n$/,
    )
    const { body } = await logIn(url)
    expect(body).toMatchObject({ user: { username: 'alice', role: 'user' } })
    const headers = { authorization: `Bearer ${body.accessToken}` }
    const log = await request(url, 'GET', '/api/notifications', undefined, headers)
    expect(log.body.items).toHaveLength(3)
  })

  it('keeps users signed in over a restart, and seeds only once', async () => {
    const first = start()
    const { body, headers } = await logIn(await first.url())
    first.kill('SIGKILL')
    await first.exit

    const url = await start().url()
    const bearer = { authorization: `Bearer ${body.accessToken}` }
    const log = await request(url, 'GET', '/api/notifications', undefined, bearer)
    expect(log.body.items).toHaveLength(3)
    const cookie = headers.get('set-cookie')?.split(';')[0] ?? ''
    const own = { cookie, 'x-requested-with': 'fetch' }
    expect((await request(url, 'POST', '/api/auth/refresh', undefined, own)).status).toBe(200)
  })

  it('breaks off at a stop what it still reads for its pages, and calls that no trouble', async () => {
    const program = start()
    const url = await program.url()
    const { body } = await logIn(url)
    const tabs = Array.from({ length: 20 }, () => connectTab(url, { token: body.accessToken }))
    await Promise.race(tabs.map((tab) => tab.next('session:ready')))
    program.kill('SIGTERM')
    expect(await program.exit).toEqual({ code: 0, signal: null })
    expect(program.stderr()).toBe('')
  })

  // A limit on the size of files is a full disk that any user can make: writes beyond it fail.
  it.runIf(process.platform === 'linux')(
    'refuses writes while its disk is full, and with room again goes on, without litter',
    async () => {
      const program = start()
      const url = await program.url()
      const { body } = await logIn(url)
      const headers = { authorization: `Bearer ${body.accessToken}` }
      const content = { to: 'me', title: 't', message: 'm' }
      const send = () => request(url, 'POST', '/api/notifications', content, headers)
      const limitFiles = (bytes: string) =>
        startCommand('prlimit', ['--pid', String(program.pid), `--fsize=${bytes}:`]).exit
      const { body: first } = await send()
      const files = await readdir(dataDir, { recursive: true })
      await limitFiles('0')
      for (let n = 0; n < 5; n++) {
        const { status, body } = await send()
        expect([status, body.code]).toEqual([503, 'database_unavailable'])
      }
      expect((await request(url, 'GET', '/api/notifications', undefined, headers)).status).toBe(200)
      await limitFiles('unlimited')
      expect(await send()).toMatchObject({ status: 201, body: { seq: Number(first.seq) + 1 } })
      expect(await readdir(dataDir, { recursive: true })).toEqual(files)
    },
  )

  it('refuses a database that is not there in one line that names the cure, with exit code 1', async () => {
    const program = start({ MONGODB_URI: 'mongodb://user:hidden@127.0.0.1:1/x' })
    expect(await program.exit).toEqual({ code: 1, signal: null })
    expect(program.stderr()).toMatch(/^MONGODB_URI: no MongoDB can be used there .*: start it there/)
    expect(program.stderr().trim().split('\n')).toHaveLength(1)
    expect(program.stderr()).not.toContain('hidden')
    expect(program.stdout()).toBe('')
  })

  it('refuses a data directory that another one uses', async () => {
    await start().url()
    const second = start()
    expect(await second.exit).toEqual({ code: 1, signal: null })
    expect(second.stderr()).toMatch(/in use.*DATA_DIR/)
  })

  it('uses the MongoDB it is told to use', async () => {
    const mongo = await startEmbeddedMongo()
    const program = start({ MONGODB_URI: mongo.uri })
    expect((await logIn(await program.url())).status).toBe(200)
    expect(program.stdout()).toContain('services: MongoDB at MONGODB_URI\n')
    await program.stop()
    await mongo.close()
  })
})

describe('a start with wrong settings is refused, and the cure named', () => {
  const production = { NODE_ENV: 'production', MONGODB_URI: 'mongodb://127.0.0.1:1' }

  it.each([
    [
      'a short secret',
      { JWT_SECRET: 'short' },
      /^JWT_SECRET is not a secret of 32 bytes or more: .*openssl rand/,
    ],
    ['no secret in production', production, /^JWT_SECRET is missing, and production makes none: /],
    [
      'no database in production',
      { NODE_ENV: 'production', JWT_SECRET: 'x'.repeat(32) },
      /^MONGODB_URI is missing.*embedded/,
    ],
    [
      'a database address that is none',
      { MONGODB_URI: 'localhost:27017' },
      /^MONGODB_URI is not a MongoDB address: .*mongodb:\/\//,
    ],
    [
      'a token life that is no number',
      { ACCESS_TOKEN_TTL_S: 'soon' },
      /^ACCESS_TOKEN_TTL_S must be a whole number/,
    ],
    ['a number of proxies that is none', { TRUST_PROXY: 'yes' }, /^TRUST_PROXY must be a whole number/],
    ['a yes that is none', { COOKIE_SECURE: 'maybe' }, /^COOKIE_SECURE must be true or false/],
  ])('%s', (_what, env, line) => {
    expect(() => readConfig(env)).toThrow(StartError)
    expect(() => readConfig(env)).toThrow(line)
  })
})
