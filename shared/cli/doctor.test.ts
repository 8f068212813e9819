import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type ProgramOptions, startProgram } from '../testing/process.ts'
import { checkMongo, checkNode, checkPort, checkRedis } from './checks.ts'

async function takenPort(): Promise<number> {
  const server = net.createServer((socket) => socket.end()).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.close()
  })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function doctor(env: ProgramOptions['env'] = {}) {
  const program = startProgram(['shared/cli/doctor.ts'], { env })
  onTestFinished(() => program.stop())
  const { code } = await program.exit
  return { code, lines: program.stdout().split('\n'), stderr: program.stderr() }
}

describe('npm run doctor', () => {
  it('names everything that is used, what for, and ends with code 0', async () => {
    const { code, lines, stderr } = await doctor()
    const names = lines.map((line) => /^[+!-] (\S+(?: \d+)?) /.exec(line)?.[1]).filter(Boolean)
    expect(names).toEqual([
      'Node.js',
      ...['Port 3010', 'Port 3020', 'Port 3030', 'Port 3000', 'Port 3001', 'Port 3040'],
      ...['Chromium', 'Redis', 'MongoDB', 'Docker'],
    ])
    expect(lines[0]).toBe(`+ Node.js     ${process.versions.node}; for everything`)
    expect(lines.at(-2)).toBe('Every level runs here: npm start')
    expect([code, stderr]).toEqual([0, ''])
  })

  it('says in one line how to get each thing that is not there, and that is no failure', async () => {
    const { code, lines } = await doctor({ PATH: '', CHROMIUM_PATH: '', REDIS_URL: '', MONGODB_URI: '' })
    for (const [name, cure] of [
      ['Redis', 'apt install redis-server'],
      ['MongoDB', 'docker run'],
      ['Docker', 'see https://docs.docker.com'],
    ] as const) {
      const at = lines.findIndex((line) => line.startsWith(`- ${name}`))
      expect(lines[at]).toContain('not found')
      expect(lines[at + 1]).toContain(`→ ${cure}`)
    }
    expect(code).toBe(0)
  })

  it('never shows the password in a connection string', async () => {
    const { lines } = await doctor({
      MONGODB_URI: 'mongodb://user:hush@127.0.0.1:1/levels',
      REDIS_URL: 'redis://:hush@127.0.0.1:1',
    })
    expect(lines.join('\n')).toContain('nothing answers where MONGODB_URI says')
    expect(lines.join('\n')).toContain('nothing answers where REDIS_URL says')
    expect(lines.join('\n')).not.toContain('hush')
  })
})

describe('Node.js', () => {
  it.each(['20.19.0', '20.20.2', '22.0.0', '24.1.0'])('%s is new enough', (version) => {
    expect(checkNode(version).state).toBe('there')
  })

  it.each(['20.18.9', '18.20.0', '20.9.0', '8.0.0'])('%s is too old', (version) => {
    expect(checkNode(version)).toMatchObject({ state: 'fatal', what: version })
  })
})

describe('a port', () => {
  it('is taken or free', async () => {
    const port = await takenPort()
    expect(await checkPort(port, 'a test')).toMatchObject({ state: 'missing', what: 'taken' })
    expect(await checkPort(0, 'a test')).toMatchObject({ state: 'there', what: 'free' })
  })
})

describe('a service', () => {
  it.each([
    ['one host', 'mongodb://127.0.0.1:PORT/levels'],
    ['a password', 'mongodb://user:p%40ss@127.0.0.1:PORT'],
    ['several hosts', 'mongodb://127.0.0.1:PORT,db2.example:27017/levels?replicaSet=rs0'],
  ])('is there when it answers where its variable says: %s', async (_name, template) => {
    const MONGODB_URI = template.replace('PORT', String(await takenPort()))
    expect(await checkMongo({ MONGODB_URI })).toMatchObject({
      state: 'there',
      what: 'answers at 127.0.0.1 (MONGODB_URI)',
    })
  })

  it.each(['redis://127.0.0.1:1', 'nonsense', 'redis://'])('is not there at %s', async (REDIS_URL) => {
    expect(await checkRedis({ REDIS_URL })).toMatchObject({
      state: 'missing',
      what: 'nothing answers where REDIS_URL says',
      cure: 'correct REDIS_URL, or unset it',
    })
  })
})
