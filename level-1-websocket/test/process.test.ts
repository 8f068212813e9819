import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { type Program, type ProgramOptions, startProgram } from '@levels/shared/testing/process.ts'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readConfig } from '../src/config.ts'
import { connect } from './support/client.ts'
import { closeCodeIn, connectRaw, upgradeRaw } from './support/raw.ts'

/** Level 1 as `npm run level-1` starts it. */
function startLevel1(env: ProgramOptions['env'] = {}): Program {
  const settings = { NODE_ENV: undefined, LOG_LEVEL: undefined, HOST: undefined, PORT: '0', ...env }
  const program = startProgram(['shared/cli/start.js', '1'], { env: settings })
  onTestFinished(() => program.stop())
  return program
}

async function addressOf(program: Program): Promise<{ url: string; port: number }> {
  const { port } = new URL(await program.url())
  return { url: `http://127.0.0.1:${port}`, port: Number(port) }
}

async function refusesConnections({ port }: { port: number }): Promise<boolean> {
  const socket = net.connect({ port, host: '127.0.0.1' })
  const refused = await Promise.race([
    once(socket, 'connect').then(() => false),
    new Promise<boolean>((resolve) => socket.once('error', () => resolve(true))),
  ])
  socket.destroy()
  return refused
}

describe('level 1, started,', () => {
  it('prints its name, its URL and its services, and nothing else, whatever clients do', async () => {
    const program = startLevel1()
    const address = await addressOf(program)
    expect(await (await fetch(`${address.url}/healthz`)).json()).toEqual({ status: 'ok' })
    const client = await connect(address)
    client.socket.send('hello')
    await client.next()
    await fetch(`${address.url}/notify`, { method: 'POST', body: 'hello' })
    client.socket.send('x'.repeat(70_000))
    await client.closed
    program.kill('SIGTERM')
    await program.exit
    expect(program.stdout()).toBe(
      `Level 1 · Raw WebSocket\n  http://localhost:${address.port}\n  services: none\n`,
    )
    expect(program.stderr()).toBe('')
  })

  it('keeps its settings, and says at LOG_LEVEL=debug what became of a bad client', async () => {
    const program = startLevel1({
      LOG_LEVEL: 'debug',
      MAX_MESSAGE_BYTES: '5',
      MAX_CLIENTS: '1',
      HEARTBEAT_MS: '1000', // whoever answers no ping within that is cut with another code
      ALLOWED_ORIGINS: 'https://a.example, https://b.example',
    })
    const address = await addressOf(program)
    const client = await connect(address, { origin: 'https://b.example' })
    await once(client.socket, 'ping')
    await expect(connect(address)).rejects.toThrow('503')
    client.socket.send('123456')
    expect((await client.closed).code).toBe(1009)
    await program.printed(/^\d\d:\d\d:\d\d\.\d{3} debug socket: .*payload.*$/im)
  })
})

it.each([
  ['PORT', '65536', 'try PORT=3010'],
  ['HEARTBEAT_MS', 'often', 'try HEARTBEAT_MS=30000'],
  ['MAX_MESSAGE_BYTES', '1e3', 'try MAX_MESSAGE_BYTES=65536'],
  ['MAX_CLIENTS', '0', 'try MAX_CLIENTS=10000'],
  ['ALLOWED_ORIGINS', 'https://app.example.com/', 'like https://app.example.com'],
])('%s=%s is refused with its cure', (name, value, cure) => {
  expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`^${name} .*${cure}`))
})

describe('level 1 refuses to start: one line that names the cure, exit code 1, and the watcher ends, too', () => {
  it.each([
    ['PORT', 'abc', 'try PORT=3010'],
    ['HOST', '192.0.2.1', 'try HOST=127.0.0.1'],
  ])('%s=%s', async (name, value, cure) => {
    const program = startLevel1({ [name]: value })
    expect(await program.exit).toEqual({ code: 1, signal: null })
    expect(program.stderr()).toMatch(/^[^\n]+\n$/)
    expect(program.stderr()).toContain(name)
    expect(program.stderr()).toContain(cure)
    expect(program.stdout()).toBe('')
  })

  it('a port that is taken', async () => {
    const other = net.createServer().listen(0, '127.0.0.1')
    onTestFinished(() => {
      other.close()
    })
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const program = startLevel1({ PORT: String(port) })
    expect(await program.exit).toEqual({ code: 1, signal: null })
    expect(program.stderr()).toMatch(
      new RegExp(
        `^Port ${port} is taken: stop the program that uses it, or choose another with PORT=\\d+\\n$`,
      ),
    )
    expect(program.stdout()).toBe('')
  })
})

describe('level 1, told to stop,', () => {
  it('tells its clients 1001 and exits with code 0 when its terminal is closed, although connections hang', async () => {
    const program = startLevel1()
    const address = await addressOf(program)
    const client = await connect(address)
    const hung = [
      await upgradeRaw(address),
      await connectRaw(address, 'POST /notify HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf'),
      await connectRaw(address, 'GET /half'),
      await connectRaw(address),
    ]
    const started = performance.now()
    program.kill('SIGHUP')
    expect(await program.exit).toEqual({ code: 0, signal: null })
    expect(performance.now() - started).toBeLessThan(5_000)
    expect(await client.closed).toEqual({ code: 1001, reason: 'server is shutting down' })
    const [upgraded] = await Promise.all(hung.map((peer) => peer.ended))
    expect(upgraded && closeCodeIn(upgraded)).toBe(1001)
    expect(program.stderr()).toBe('')
  })

  it('takes one Ctrl-C for one, although npm passes on what the terminal has sent already', async () => {
    const program = startLevel1()
    const client = await connect(await addressOf(program))
    program.kill('SIGINT')
    program.kill('SIGINT')
    expect((await client.closed).code).toBe(1001)
    expect(await program.exit).toEqual({ code: 0, signal: null })
  })

  it('does not outlive a watcher that was killed: clients are told and the port is free', async () => {
    const program = startLevel1()
    const address = await addressOf(program)
    const client = await connect(address)
    program.kill('SIGKILL')
    expect((await client.closed).code).toBe(1001)
    await expect.poll(() => refusesConnections(address), { timeout: 5_000 }).toBe(true)
  })
})
