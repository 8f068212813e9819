import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { HttpError, sendError, sendHttpError } from './respond.ts'

export type Handler = (req: IncomingMessage, res: ServerResponse) => void | Promise<void>

/** Where errors of ours are reported. */
type ErrorLog = { error(message: string): void }

/**
 * An HTTP server that is not listening yet. An HttpError thrown by `handler` becomes that answer; anything else
 * is logged and becomes a plain 500: nobody sees a stack trace.
 */
export function createHttpServer(handler: Handler, log: ErrorLog): http.Server {
  return http.createServer((req, res) => answer(handler, log, req, res))
}

/**
 * Answers requests on a server that exists already, as createHttpServer would: those to this path, or to those that a
 * function says yes to. All others go to the listeners that it has at this moment.
 */
export function answerOn(
  server: http.Server,
  log: ErrorLog,
  path: string | ((path: string) => boolean),
  handler: Handler,
): void {
  const isOurs = typeof path === 'function' ? path : (requested: string) => requested === path
  const others = server.listeners('request')
  server.removeAllListeners('request')
  server.on('request', (req, res) => {
    if (isOurs(pathOf(req))) return answer(handler, log, req, res)
    for (const other of others) other.call(server, req, res)
  })
}

function answer(handler: Handler, log: ErrorLog, req: IncomingMessage, res: ServerResponse): void {
  new Promise((resolve) => resolve(handler(req, res))).catch((error: unknown) => {
    // Whoever asked has hung up: nobody is left to answer, and nothing of ours failed.
    if (req.socket.destroyed) return
    if (!(error instanceof HttpError)) log.error(`${req.method} ${pathOf(req)} failed: ${error}`)
    if (res.headersSent) return res.destroy()
    // What is left of the body is read and thrown away. Closing on a client that still sends would reset the
    // connection, and the client might never see the answer.
    req.resume()
    if (error instanceof HttpError) sendHttpError(res, error)
    else sendError(res, 500, 'internal', 'The server failed to answer. Its log says why.')
  })
}

/** The path of a request without its query, which may hold secrets. */
export function pathOf(req: IncomingMessage): string {
  return (req.url ?? '/').split('?', 1)[0] ?? '/'
}

/**
 * Stops listening and waits until every connection has ended: idle ones end now, hung ones after `graceMs`.
 * Upgraded sockets (WebSocket) are not the HTTP server's any more: close those first.
 */
export async function closeHttpServer(server: http.Server, graceMs = 1_000): Promise<void> {
  if (!server.listening) return
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const deadline = setTimeout(() => server.closeAllConnections(), graceMs)
  await closed
  clearTimeout(deadline)
}

/** Refuses an upgrade before the handshake, with an HTTP answer that says why, and hangs up. */
export function refuseUpgrade(socket: Duplex, status: number, code: string, message: string): void {
  // After an upgrade request Node leaves the socket to us, without a listener: one reset would end the process.
  socket.on('error', () => socket.destroy())
  // A peer that never closes its side would hold the connection for ever.
  socket.once('finish', () => socket.destroy())
  const body = JSON.stringify({ error: { code, message } })
  socket.end(
    `HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\nconnection: close\r\n` +
      `content-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
