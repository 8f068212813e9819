import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { startProgram } from '../testing/process.ts'

/** At level 4 the program of one instance. */
const levels = [
  ['level-1-websocket', '/ws', '/notify'],
  ['level-2-socketio', '/socket.io/?EIO=4&transport=websocket', '/socket.io/?EIO=4&transport=polling'],
  ['level-3-jwt-notifications', '/socket.io/?EIO=4&transport=websocket', '/api/rooms'],
  ['level-4-push-scaling', '/socket.io/?EIO=4&transport=websocket', '/api/push/public-key'],
] as const

async function start(level: string, env: Record<string, string>): Promise<number> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'doors-'))
  const program = startProgram([`${level}/src/main.ts`], { env: { PORT: '0', DATA_DIR: dataDir, ...env } })
  onTestFinished(async () => {
    await program.stop()
    rmSync(dataDir, { recursive: true })
  })
  return Number(new URL(await program.url()).port)
}

/** The status of the answer to somebody who asks for `url` under the name `host`. */
function ask(port: number, url: string, host: string, upgrade?: string): Promise<number | undefined> {
  const websocket = upgrade !== undefined && {
    connection: 'upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    ...(upgrade && { 'sec-websocket-protocol': upgrade }),
  }
  const headers = { host, origin: `http://${host}`, ...websocket }
  return new Promise((resolve, reject) => {
    const req = request({ host: '127.0.0.1', port, path: url, headers })
    req.on('response', (res) => resolve(res.resume().statusCode))
    req.on('upgrade', (res, socket) => resolve(socket.destroy() && res.statusCode))
    req.on('error', reject)
    req.end()
  })
}

it.each(levels)(
  '%s opens none of its doors under a name that is not its own',
  async (level, socket, route) => {
    const port = await start(level, { ALLOWED_HOSTS: 'laptop.local' })
    const doors = (host: string) =>
      Promise.all([
        ask(port, '/', host),
        ask(port, '/healthz', host),
        ask(port, '/@vite/client', host),
        ask(port, route, host),
        ask(port, socket, host, ''),
      ])
    const hot = (host: string) => ask(port, '/', host, 'vite-hmr')
    for (const foreign of [`evil.example:${port}`, '10.1.2.3']) {
      expect([...(await doors(foreign)), await hot(foreign)], foreign).toEqual(Array(6).fill(403))
    }
    for (const own of [`localhost:${port}`, 'laptop.local']) {
      const [page, health, vite, , upgrade] = await doors(own)
      expect([page, health, vite, upgrade], own).toEqual([200, 200, 200, 101])
    }
  },
)
