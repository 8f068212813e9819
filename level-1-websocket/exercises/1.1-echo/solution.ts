// 1.1 Echo. Everything that comes in goes back to whoever sent it, as it came.
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

const http = createServer((_req, res) => {
  res.writeHead(404).end()
})

const sockets = new WebSocketServer({ server: http, path: '/ws' })

sockets.on('connection', (socket) => {
  // Without a listener, the error of one connection would end the whole program.
  socket.on('error', (error) => console.error(error.message))
  // ws hands over text as bytes too: only isBinary tells which of the two it was.
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
})

http.listen(Number(process.env.PORT ?? 3010), '127.0.0.1')
