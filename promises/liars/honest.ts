import { createServer, type IncomingMessage, type Server } from 'node:http'
import { type RawData, WebSocket, WebSocketServer } from 'ws'

// A level 1 server that keeps what level 1 promises. A liar is this server with one part replaced: it breaks one promise.

export type Send = (socket: WebSocket, data: RawData | string, isBinary?: boolean) => void

/** What a liar may replace. */
export interface Parts {
  isAllowed(request: IncomingMessage): boolean
  /** Brings a notification to every page. */
  deliver(sockets: WebSocket[], text: string, send: Send): void
  /** Called for each page at every heartbeat; `hasAnswered` is about the one before. */
  beat(socket: WebSocket, hasAnswered: boolean): void
  /** Of a message, in bytes; 0 is no limit. */
  maxPayload: number
  /** Whether one more may wait for this reader. */
  mayWait(socket: WebSocket): boolean
  /** On SIGTERM. */
  leave(http: Server, sockets: Set<WebSocket>): void
}

const MAX_WAITING_BYTES = 1_048_576
const MAX_CHARACTERS = 1_024

const honest: Parts = {
  isAllowed: ({ headers: { origin, host } }) => origin === undefined || origin === `http://${host}`,
  deliver(sockets, text, send) {
    for (const socket of sockets) send(socket, text)
  },
  beat(socket, hasAnswered) {
    if (hasAnswered) socket.ping()
    else socket.terminate()
  },
  maxPayload: 65_536,
  mayWait: ({ bufferedAmount }) => bufferedAmount < MAX_WAITING_BYTES,
  leave(http, sockets) {
    for (const socket of sockets) socket.close(1001)
    setTimeout(() => process.exit(0), 500)
    http.close()
  },
}

/** Serves on PORT. */
export function serve(lies: Partial<Parts> = {}): void {
  const { isAllowed, deliver, beat, maxPayload, mayWait, leave } = { ...honest, ...lies }
  const wss = new WebSocketServer({ noServer: true, maxPayload })
  const silent = new Set<WebSocket>()
  const send: Send = (socket, data, binary = false) => {
    if (socket.readyState !== WebSocket.OPEN) return
    if (mayWait(socket)) socket.send(data, { binary })
    else socket.terminate()
  }
  const http = createServer(async (request, response) => {
    const answer = (status: number, body = '') => response.writeHead(status).end(body)
    if (request.method !== 'POST' || request.url !== '/notify') return answer(404)
    if (!isAllowed(request)) return answer(403)
    const text = await readText(request)
    if (!text) return answer(400)
    if (text.length > MAX_CHARACTERS) return answer(413)
    deliver([...wss.clients], text, send)
    return answer(202, JSON.stringify({ delivered: wss.clients.size }))
  })
  http.on('upgrade', (request, socket, head) => {
    if (request.url !== '/ws' || !isAllowed(request)) return socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
    wss.handleUpgrade(request, socket, head, (opened) => {
      opened.on('error', () => opened.terminate())
      opened.on('pong', () => silent.delete(opened))
      opened.on('message', (data, isBinary) => send(opened, data, isBinary))
    })
  })
  const everyPage = () => {
    for (const socket of wss.clients) {
      beat(socket, !silent.has(socket))
      silent.add(socket)
    }
  }
  setInterval(everyPage, Number(process.env.HEARTBEAT_MS ?? 30_000))
  process.on('SIGTERM', () => leave(http, wss.clients))
  http.listen(Number(process.env.PORT), '127.0.0.1')
}

/** The body; undefined when it is no UTF-8, or the connection is lost. */
async function readText(request: IncomingMessage): Promise<string | undefined> {
  try {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch {
    return undefined
  }
}
