// caught: A push goes to everyone
import { createServer, type IncomingMessage } from 'node:http'
import { type WebSocket, WebSocketServer } from 'ws'

const http = createServer(async (req, res) => {
  if (req.method !== 'POST' || req.url !== '/notify') return res.writeHead(404).end()
  const text = await readBody(req)
  if (text === '') return res.writeHead(400).end('Send the text as the body.\n')
  res.writeHead(202, { 'content-type': 'application/json' })
  res.end(JSON.stringify({ delivered: push(text) }))
})

async function readBody(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk)
  // Only when all bytes are there: a character of several bytes may lie in two chunks.
  return Buffer.concat(chunks).toString()
}

function push(text: string): number {
  client?.send(text)
  return client ? 1 : 0
}

const sockets = new WebSocketServer({ server: http, path: '/ws' })

let client: WebSocket | undefined

sockets.on('connection', (socket) => {
  client = socket
  // Without a listener, the error of one connection would end the whole program.
  socket.on('error', (error) => console.error(error.message))
  // ws hands over text as bytes too: only isBinary tells which of the two it was.
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
})

http.listen(Number(process.env.PORT ?? 3010), '127.0.0.1')
