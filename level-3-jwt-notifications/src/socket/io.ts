import type { Server as HttpServer } from 'node:http'
import { pathOf, refuseUpgrade } from '@levels/shared/server/http.ts'
import type { OriginCheck } from '@levels/shared/server/origin.ts'
import type { Page } from '@levels/shared/server/page.ts'
import { Server } from 'socket.io'
import type { Io } from '../wire.ts'

const PATH = '/socket.io/'
const MAX_MESSAGE_BYTES = 65_536

export interface IoOptions {
  allowedOrigins: readonly string[]
  isAllowedOrigin: OriginCheck
  page?: Page
  adapter?: Parameters<Io['adapter']>[0]
}

/** The Socket.IO server on `http`. */
export function createIo(
  http: HttpServer,
  { allowedOrigins, isAllowedOrigin, page, adapter }: IoOptions,
): Io {
  const io: Io = new Server(http, {
    adapter,
    maxHttpBufferSize: MAX_MESSAGE_BYTES,
    perMessageDeflate: false, // costs about 300 kB of memory a connection and saves little on short texts
    serveClient: false,
    destroyUpgrade: false, // other upgrades are answered below
    // For long-polling, whose answers a page of another origin may read only with this.
    cors: allowedOrigins.length > 0 ? { origin: [...allowedOrigins], credentials: true } : undefined,
    // That option is about HTTP answers; a WebSocket from a foreign page is refused only here.
    allowRequest: (req, decide) => {
      const allowed = isAllowedOrigin(req)
      decide(allowed ? null : 'origin_refused', allowed)
    },
  })

  // Each connection would keep its first HTTP request, headers and all, for as long as it lives.
  // https://socket.io/docs/v4/memory-usage/#memory-usage-per-connection
  io.engine.on('connection', (connection: { request: unknown }) => {
    connection.request = null
  })

  http.on('upgrade', (req, socket) => {
    if (pathOf(req) === PATH || page?.ownsUpgrade(req)) return
    refuseUpgrade(socket, 404, 'not_found', `The socket is at ${PATH}.`)
  })
  return io
}
