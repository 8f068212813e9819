import { once } from 'node:events'
import { connect } from 'node:net'
import { type ProgramOptions, startProgram } from '@levels/shared/testing/process.ts'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readConfig } from '../src/config.ts'
import { listen, open } from './support/server.ts'

function start(env: ProgramOptions['env']) {
  const program = startProgram(['level-2-socketio/src/main.ts'], {
    env: {
      PORT: '0',
      HOST: undefined,
      ALLOWED_ORIGINS: undefined,
      NODE_ENV: undefined,
      LOG_LEVEL: undefined,
      ...env,
    },
  })
  onTestFinished(() => program.stop())
  return program
}

describe('the process of level 2', () => {
  it('says its name, where it is and what it uses, and nothing more', async () => {
    const program = start({})
    const url = await program.url()
    await program.printed(/services: none\n/)
    expect(program.stdout()).toBe(`Level 2 · Socket.IO\n  ${url}\n  services: none\n`)
    expect(program.stderr()).toBe('')
    expect((await fetch(url)).headers.get('content-type')).toContain('text/html')
  })

  it('ends with code 0 on Ctrl-C, hung connections and all', async () => {
    const program = start({})
    const url = await program.url()
    const port = Number(new URL(url).port)
    const alice = listen(open(url, { username: 'alice' }, { reconnection: false }))
    await alice.next('session')
    // Half a request, and a WebSocket whose peer answers nothing any more.
    for (const headers of ['', 'Connection: Upgrade\r\nUpgrade: websocket\r\n']) {
      const hung = connect(port, '127.0.0.1')
      hung.on('error', () => undefined)
      onTestFinished(() => void hung.destroy())
      hung.write(
        `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\n${headers}` +
          (headers && 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n'),
      )
      await (headers ? once(hung, 'data') : once(hung, 'connect'))
    }
    const gone = alice.disconnected()
    const before = performance.now()
    program.kill('SIGINT')
    expect(await program.exit).toEqual({ code: 0, signal: null })
    expect(performance.now() - before).toBeLessThan(5_000)
    // Not "io server disconnect", after which a client would stay away.
    expect(await gone).toBe('transport close')
    expect(program.stderr()).toBe('')
  })
})

it.each([
  ['PORT', '70000', 'try PORT=3020'],
  ['HEARTBEAT_MS', 'often', 'try HEARTBEAT_MS=25000'],
])('%s=%s is refused with its cure', (name, value, cure) => {
  expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`^${name} .*${cure}`))
})
