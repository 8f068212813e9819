// 1.4 The dead. A peer that vanished without a goodbye is noticed.
import { isUtf8 } from 'node:buffer'
import { createServer, type IncomingMessage } from 'node:http'
import { WebSocket, WebSocketServer } from 'ws'

const HEARTBEAT_MS = Number(process.env.HEARTBEAT_MS ?? 30_000)
const MAX_MESSAGE_BYTES = 65_536
const MAX_TEXT = 1_024

const http = createServer((req, res) => {
  if (req.method !== 'POST' || req.url !== '/notify') return res.writeHead(404).end()
  if (!isFromHere(req)) return res.writeHead(403).end('This page may not push here.\n')
  const chunks: Buffer[] = []
  let size = 0
  req.on('data', (chunk: Buffer) => {
    size += chunk.length
    // What is too long is read to its end, so that the answer arrives, and is not kept.
    if (size <= MAX_MESSAGE_BYTES) chunks.push(chunk)
  })
  req.on('end', () => {
    // Only when all bytes are there: a character of several bytes may lie in two chunks.
    const body = Buffer.concat(chunks)
    const text = body.toString()
    if (text === '' || !isUtf8(body)) return res.writeHead(400).end('Send the text as the body, in UTF-8.\n')
    if (size > MAX_MESSAGE_BYTES || text.length > MAX_TEXT) return res.writeHead(413).end('Too long.\n')
    res.writeHead(202, { 'content-type': 'application/json' })
    res.end(JSON.stringify({ delivered: push(text) }))
  })
})

function push(text: string): number {
  let delivered = 0
  for (const socket of sockets.clients) {
    if (socket.readyState !== WebSocket.OPEN) continue
    socket.send(text)
    delivered++
  }
  return delivered
}

// A browser lets every page open a WebSocket to any server: it only says which page asks. A program says nothing.
function isFromHere({ headers: { origin, host } }: IncomingMessage): boolean {
  return origin === undefined || origin === `http://${host}`
}

const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES })

http.on('upgrade', (req, socket, head) => {
  socket.on('error', () => socket.destroy()) // until it is a WebSocket, nothing else listens
  const refuse = (status: string) => {
    socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\n\r\n`, () => socket.destroy())
  }
  if (req.url !== '/ws') return refuse('404 Not Found')
  if (!isFromHere(req)) return refuse('403 Forbidden')
  sockets.handleUpgrade(req, socket, head, (opened) => sockets.emit('connection', opened, req))
})

sockets.on('connection', (socket) => {
  // Without a listener, the error of one connection would end the whole program.
  socket.on('error', (error) => console.error(error.message))
  socket.on('pong', () => unanswered.delete(socket))
  // ws hands over text as bytes too: only isBinary tells which of the two it was.
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
})

// Who is in here was asked whether they are still there, and has not answered.
const unanswered = new WeakSet<WebSocket>()

setInterval(() => {
  for (const socket of sockets.clients) {
    // Not close: that waits for an answer, and there will be none.
    if (unanswered.has(socket)) socket.terminate()
    else socket.ping()
    unanswered.add(socket)
  }
}, HEARTBEAT_MS)

http.listen(Number(process.env.PORT ?? 3010), '127.0.0.1')
