// caught: Bytes came back as text
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

const http = createServer((_req, res) => {
  res.writeHead(404).end()
})

const sockets = new WebSocketServer({ server: http, path: '/ws' })

sockets.on('connection', (socket) => {
  socket.on('error', (error) => console.error(error.message))
  socket.on('message', (data) => socket.send(data.toString()))
})

http.listen(Number(process.env.PORT ?? 3010), '127.0.0.1')
