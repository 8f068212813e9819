// A node:http server with one room for all: whatever a client sends is answered. Names are believed here: the card
// `presence` checks them.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { EventLimit } from '@levels/shared/server/event-limit.ts'
import { guardConnections } from '@levels/shared/server/socketio.ts'
import { type DefaultEventsMap, Server, type Socket } from 'socket.io'
import { WebSocketServer } from 'ws'
import { answerEvents, type Payload } from '../../src/answer.ts'
import { Refusal } from '../../src/refusal.ts'

type Data = { username: string; limit?: EventLimit }
type ChatSocket = Socket<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, Data>

const http = createServer((_req, res) => res.end('events are answered at /socket.io/\n'))
const io = new Server<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, Data>(http, {
  maxHttpBufferSize: 65_536,
  wsEngine: WebSocketServer, // of ws 8.22 or newer, which bounds pongs that nobody reads
})
guardConnections(io)

const onEvent = answerEvents<ChatSocket>({
  handlers: {
    'message:send': ({ data }, payload) => {
      const message = {
        id: randomUUID(),
        from: data.username,
        text: readText(payload),
        at: new Date().toISOString(),
      }
      io.emit('message:new', { ...message, room: null })
      return { id: message.id, at: message.at }
    },
    typing: ({ data }) => {
      io.emit('typing', { username: data.username, room: null })
    },
  },
  onError: console.error,
})

io.on('connection', (socket) => {
  const username = String(socket.handshake.auth.username ?? 'somebody').slice(0, 20)
  socket.data.username = username
  socket.onAny(onEvent)
  socket.emit('session', { sessionId: socket.id, username, users: [username], rooms: [] })
})

/** Throws Refusal `bad_payload`. */
function readText({ text }: Payload): string {
  if (typeof text === 'string' && text.length >= 1 && text.length <= 2_000) return text
  throw new Refusal('bad_payload', '"text" must be a text of 1 to 2000 characters.')
}

http.listen(Number(process.env.PORT ?? 3020), '127.0.0.1')

process.on('SIGTERM', () => {
  io.engine.close() // the transports: clients take it for a lost connection, and come back
  http.close(() => process.exit(0))
  http.closeAllConnections()
})
