// An ordinary node:http server with a WebSocket: what comes in goes back, what is posted to /notify goes to everyone.
import { isUtf8 } from 'node:buffer'
import { createServer, type IncomingMessage } from 'node:http'
import { createOriginCheck } from '@levels/shared/server/origin.ts'
import { attachWebSockets } from '../../src/websocket.ts'

const MAX_LENGTH = 1_024
const isAllowedOrigin = createOriginCheck([])

const http = createServer(async (req, res) => {
  const answer = (status: number, body: object) =>
    res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  const refuse = (status: number, code: string) => answer(status, { error: { code, message: code } })
  if (req.url === '/healthz') return answer(200, { status: 'ok' })
  if (req.url !== '/notify') return refuse(404, 'not_found')
  if (req.method !== 'POST') return refuse(405, 'method_not_allowed')
  if (!isAllowedOrigin(req)) return refuse(403, 'origin_refused')
  const bytes = await readBytes(req)
  if (bytes && !isUtf8(bytes)) return refuse(400, 'not_utf8')
  const text = bytes?.toString()
  if (text === '') return refuse(400, 'empty')
  if (text === undefined || text.length > MAX_LENGTH) return refuse(413, 'too_long')
  answer(202, { delivered: sockets.push(text) })
})

/** The body; undefined when it is far too long. */
async function readBytes(req: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req.iterator({ destroyOnReturn: false })) {
    size += chunk.length
    if (size > MAX_LENGTH * 3) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const sockets = attachWebSockets(http, {
  path: '/ws',
  isAllowedOrigin,
  heartbeatMs: Number(process.env.HEARTBEAT_MS ?? 30_000),
  maxMessageBytes: 65_536,
  maxClients: 10_000,
  onMessage: (data, isBinary, send) => send(data, isBinary),
})

http.listen(Number(process.env.PORT ?? 3010), '127.0.0.1')

process.on('SIGTERM', async () => {
  http.close()
  await sockets.close()
  process.exit(0)
})
