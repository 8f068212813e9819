import { randomUUID } from 'node:crypto'
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createLog } from '@levels/shared/server/log.ts'
import { Server } from 'socket.io'
import { createServer } from '../src/server.ts'

// Started by bench.ts as a process of its own, once for each measurement: `servers.ts level` or `servers.ts bare`.
const http = process.argv[2] === 'level' ? startLevel() : startBare()
http.listen(0, '127.0.0.1', () => process.send?.({ port: (http.address() as AddressInfo).port }))

// Any message asks for the memory in use, in bytes, after the garbage is collected.
process.on('message', () => {
  for (let n = 0; n < 3; n++) globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  process.send?.({ used: heapUsed + external })
})
process.on('disconnect', () => process.exit())

function startLevel(): HttpServer {
  return createServer({ allowedOrigins: [], log: createLog('error') }).http
}

/** The least Socket.IO server that does the same work: a username in the handshake, and messages to everyone. */
function startBare(): HttpServer {
  const http = createHttpServer()
  const io = new Server(http)
  io.on('connection', (socket) => {
    const { username } = socket.handshake.auth
    socket.on('message:send', ({ text }, answer) => {
      const message = { id: randomUUID(), from: username, text, at: new Date().toISOString(), room: null }
      io.emit('message:new', message)
      answer({ ok: true, data: { id: message.id, at: message.at } })
    })
  })
  return http
}
