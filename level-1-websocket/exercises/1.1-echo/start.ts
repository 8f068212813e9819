// 1.1 Echo. Everything that comes in must go back to whoever sent it, as it came.
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

const http = createServer((_req, res) => {
  res.writeHead(404).end()
})

const sockets = new WebSocketServer({ server: http, path: '/ws' })

sockets.on('connection', (socket) => {
  // Without a listener, the error of one connection would end the whole program.
  socket.on('error', (error) => console.error(error.message))
})

http.listen(Number(process.env.PORT ?? 3010), '127.0.0.1')
