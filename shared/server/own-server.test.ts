import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { createServer as createLevel1 } from '../../level-1-websocket/src/server.ts'
import { createServer as createLevel2 } from '../../level-2-socketio/src/server.ts'
import { createLog } from './log.ts'

const common = { allowedOrigins: [], log: createLog('silent') }
const levels = [
  [
    1,
    createLevel1,
    { ...common, heartbeatMs: 30_000, maxMessageBytes: 1_000, maxClients: 9 },
    'hello',
    'text/plain',
  ],
  [2, createLevel2, common, '{"text":"hello"}', 'application/json'],
] as const

it.each(levels)(
  'level %i on a server that somebody has already: their routes and its own, and it outlives the level',
  async (_level, create, options, body, type) => {
    const http = createHttpServer((req, res) => res.end(`theirs: ${req.url}`))
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    onTestFinished(() => {
      http.closeAllConnections()
      http.close()
    })
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
    const level = (create as (options: object) => { close(): Promise<void> })({ ...options, http })
    const post = () => fetch(`${url}/notify`, { method: 'POST', body, headers: { 'content-type': type } })
    expect(await (await fetch(`${url}/`)).text()).toBe('theirs: /')
    expect(await (await fetch(`${url}/healthz`)).text()).toBe('theirs: /healthz')
    expect(await (await post()).json()).toMatchObject({ delivered: 0 })
    await level.close()
    expect(http.listening).toBe(true)
    expect(await (await fetch(`${url}/`)).text()).toBe('theirs: /')
  },
)
