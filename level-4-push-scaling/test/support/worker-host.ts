import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import path from 'node:path'
import { listen, urlOf } from '@levels/shared/server/run.ts'

export const PUBLIC_KEY =
  'BLVYgI1UKiqTKnHYFv2xbNfPo8uHJLKQ3ZqqmUBgAmuOYvPvRUOIsZDdMjQAUX3VHIvPvRUOIsZDdMjQAUX3VHI'

/** As much of a server as the service worker needs. */
export interface WorkerHost {
  url: string
  /** What the worker asked of the API. */
  requests: { route: string; headers: IncomingMessage['headers']; body: string }[]
  /** Whether the refresh cookie is good. */
  signedIn: boolean
  close(): void
}

export async function startWorkerHost(): Promise<WorkerHost> {
  const server = createServer(async (req, res) => {
    const [status, type, body] = await answer(req)
    res.writeHead(status, { 'content-type': type }).end(body)
  })
  await listen(server, { host: '127.0.0.1', port: 0 })
  const host: WorkerHost = {
    url: urlOf(server),
    requests: [],
    signedIn: true,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }

  async function answer(req: IncomingMessage): Promise<[status: number, type: string, body: string]> {
    if (req.url === '/sw.js') {
      const file = path.join(import.meta.dirname, '..', '..', 'client', 'public', 'sw.js')
      return [200, 'text/javascript', await readFile(file, 'utf8')]
    }
    if (!req.url?.startsWith('/api')) return [200, 'text/html', '<!doctype html><title>Page</title>']
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk)
    const route = `${req.method} ${req.url}`
    host.requests.push({ route, headers: req.headers, body: Buffer.concat(chunks).toString() })
    if (route === 'GET /api/push/public-key')
      return [200, 'application/json', `{"publicKey":"${PUBLIC_KEY}"}`]
    if (route !== 'POST /api/auth/refresh') return [201, 'application/json', '{}']
    return host.signedIn
      ? [200, 'application/json', '{"accessToken":"fresh"}']
      : [401, 'application/json', '{}']
  }

  return host
}
