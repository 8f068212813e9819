// 1.3 Strangers. Foreign pages, other paths and too much must be refused.
import { createServer } from 'node:http'
import { WebSocket, WebSocketServer } from 'ws'

const http = createServer((req, res) => {
  if (req.method !== 'POST' || req.url !== '/notify') return res.writeHead(404).end()
  const chunks: Buffer[] = []
  req.on('data', (chunk: Buffer) => chunks.push(chunk))
  req.on('end', () => {
    // Only when all bytes are there: a character of several bytes may lie in two chunks.
    const body = Buffer.concat(chunks)
    const text = body.toString()
    if (text === '') return res.writeHead(400).end('Send the text as the body.\n')
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

const sockets = new WebSocketServer({ server: http, path: '/ws' })

sockets.on('connection', (socket) => {
  // Without a listener, the error of one connection would end the whole program.
  socket.on('error', (error) => console.error(error.message))
  // ws hands over text as bytes too: only isBinary tells which of the two it was.
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
})

http.listen(Number(process.env.PORT ?? 3010), '127.0.0.1')
