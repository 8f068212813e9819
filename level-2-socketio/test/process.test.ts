import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:net'
import { type ProgramOptions, startProgram } from '@levels/shared/testing/process.ts'
import { describe, expect, it } from 'vitest'
import { afterTest, listen, open } from './support/server.ts'

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
  afterTest(() => program.stop())
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

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends with code 0 on %s, hung connections and all',
    async (signal) => {
      const program = start({})
      const url = await program.url()
      const port = Number(new URL(url).port)
      const alice = listen(open(url, { username: 'alice' }, { reconnection: false }))
      await alice.next('session')
      // Half a request, and a WebSocket whose peer answers nothing any more.
      for (const headers of ['', 'Connection: Upgrade\r\nUpgrade: websocket\r\n']) {
        const hung = connect(port, '127.0.0.1')
        hung.on('error', () => undefined)
        afterTest(() => hung.destroy())
        hung.write(
          `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\n${headers}` +
            (headers && 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n'),
        )
        await (headers ? once(hung, 'data') : once(hung, 'connect'))
      }
      const gone = alice.disconnected()
      const before = performance.now()
      program.kill(signal)
      expect(await program.exit).toEqual({ code: 0, signal: null })
      expect(performance.now() - before).toBeLessThan(5_000)
      // Not "io server disconnect", after which a client would stay away.
      expect(await gone).toBe('transport close')
      expect(program.stderr()).toBe('')
    },
  )

  it.each([
    [{ PORT: 'abc' }, /^PORT must be .*try PORT=3020\n$/],
    [{ PORT: '70000' }, /^PORT must be .*\n$/],
    [{ ALLOWED_ORIGINS: 'https://a.example/path' }, /^ALLOWED_ORIGINS .*\n$/],
    [{ LOG_LEVEL: 'loud' }, /^LOG_LEVEL .*\n$/],
  ])('refuses to start with %j: one line, and code 1', async (env, line) => {
    const program = start(env)
    expect(await program.exit).toEqual({ code: 1, signal: null })
    expect(program.stderr()).toMatch(line)
    expect(program.stdout()).toBe('')
  })

  it('refuses to start on a port that is taken: one line, and code 1', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    afterTest(() => other.close())
    await once(other, 'listening')
    const PORT = String((other.address() as AddressInfo).port)
    const program = start({ PORT })
    expect(await program.exit).toEqual({ code: 1, signal: null })
    expect(program.stderr()).toMatch(new RegExp(`^Port ${PORT} is taken: .*PORT=\\d+\n$`))
    expect(program.stdout()).toBe('')
  })
})
