import { randomUUID } from 'node:crypto'
import { createServer as createHttpServer } from 'node:http'
import { pageForBench } from '@levels/shared/bench/hood.ts'
import { serveForBench } from '@levels/shared/bench/serve.ts'
import { createLog } from '@levels/shared/server/log.ts'
import { Server } from 'socket.io'
import { createServer } from '../src/server.ts'

serveForBench({
  level: () => createServer({ allowedOrigins: [], log: createLog('error'), page: pageForBench() }).http,
  /** The least Socket.IO server that does the same work: no limits, no rooms, no presence, no recovery. */
  bare() {
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
  },
})
