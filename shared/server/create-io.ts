import type { Server as HttpServer } from 'node:http'
import { Server, type ServerOptions } from 'socket.io'
import type { OriginCheck } from './origin.ts'
import type { Page } from './page.ts'
import { guardConnections } from './socketio.ts'
import { allowOrigins, refuseOtherUpgrades } from './socketio-doors.ts'

/** A message larger than this costs its sender the connection. */
const MAX_MESSAGE_BYTES = 65_536

export interface IoOptions extends Pick<Partial<ServerOptions>, 'adapter'> {
  allowedOrigins: readonly string[]
  isAllowedOrigin: OriginCheck
  page?: Page
  /** How often a client is asked whether it is there, in milliseconds. It is gone before it is asked a second time. */
  heartbeatMs?: number
  /** Another's server, which answers upgrades that are not ours itself. */
  isOthers?: boolean
}

/** A Socket.IO server on `http`, with a bound on what each connection can cost. */
export function createIo(
  http: HttpServer,
  { allowedOrigins, isAllowedOrigin, page, adapter, heartbeatMs = 25_000, isOthers }: IoOptions,
): Server {
  const io = new Server(http, {
    adapter,
    maxHttpBufferSize: MAX_MESSAGE_BYTES,
    perMessageDeflate: false, // costs about 300 kB of memory a connection and saves little on short texts
    pingInterval: heartbeatMs,
    pingTimeout: 0.8 * heartbeatMs,
    serveClient: false,
    destroyUpgrade: false, // other upgrades are answered by refuseOtherUpgrades
    // For long-polling, whose answers a page of another origin may read only with this.
    cors: allowedOrigins.length > 0 ? { origin: [...allowedOrigins], credentials: true } : undefined,
    allowRequest: allowOrigins(isAllowedOrigin),
  })
  guardConnections(io)
  if (!isOthers) refuseOtherUpgrades(http, io.path(), (req) => page?.ownsUpgrade(req) ?? false)
  return io
}
