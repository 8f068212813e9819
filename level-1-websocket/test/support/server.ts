import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Log } from '@levels/shared/server/log.ts'
import { onTestFinished } from 'vitest'
import { createServer, type Level1Server, type Options } from '../../src/server.ts'

export interface TestServer extends Level1Server {
  /** `http://127.0.0.1:…`, the origin of its page. */
  url: string
  port: number
  /** The errors it logged: a server that is only attacked has none. */
  errors: string[]
}

/** Starts level 1 for the running test, on a free port unless it is told one. */
export async function startServer(
  options: Partial<Options> = {},
  { port: wanted = 0, prepare = (_http: Server): Promise<void> => Promise.resolve() } = {},
): Promise<TestServer> {
  const errors: string[] = []
  const quiet = () => undefined
  const log: Log = { debug: quiet, info: quiet, warn: quiet, error: (line) => errors.push(line) }
  const server = createServer({
    allowedOrigins: [],
    heartbeatMs: 30_000,
    maxMessageBytes: 65_536,
    maxClients: 10_000,
    log,
    ...options,
  })
  await prepare(server.http)
  server.http.listen(wanted, '127.0.0.1')
  await once(server.http, 'listening')
  onTestFinished(() => server.close())
  const { port } = server.http.address() as AddressInfo
  return { ...server, port, url: `http://127.0.0.1:${port}`, errors }
}

/** Every client's close arrives at the server a moment later: resolves when no socket is left there. */
export async function allGone({ clients }: Level1Server): Promise<void> {
  for (const client of clients) await once(client, 'close')
}
