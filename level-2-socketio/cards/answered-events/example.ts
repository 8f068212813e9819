// A node:http server where people talk to everyone, to a room or to a name: whatever a client sends is answered. Names
// are believed here: the card `presence` checks them.
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
    'message:send': (socket, payload) => {
      const { username } = socket.data
      const message = {
        id: randomUUID(),
        from: username,
        text: readText(payload),
        at: new Date().toISOString(),
      }
      io.to(readAudience(socket, payload)).emit('message:new', { ...message, room: payload.room ?? null })
      return { id: message.id, at: message.at }
    },
    'room:join': (socket, payload) => {
      void socket.join(readRoom(payload))
    },
    'room:leave': (socket, payload) => {
      void socket.leave(readRoom(payload))
    },
    typing: (socket) => {
      socket.to('everyone').emit('typing', { username: socket.data.username, room: null })
    },
  },
  onError: console.error,
})

io.on('connection', async (socket) => {
  const username = String(socket.handshake.auth.username ?? 'somebody').slice(0, 20)
  socket.data.username = username
  socket.onAny(onEvent)
  await socket.join(['everyone', userRoom(username)])
  socket.emit('session', { sessionId: socket.id, username, users: [username], rooms: [] })
})

/** The Socket.IO rooms that a message is for. Throws Refusal when there is no such room or nobody in it. */
function readAudience(socket: ChatSocket, { room, to }: Payload): string[] {
  if (room === undefined && to === undefined) return ['everyone']
  if (room !== undefined && to !== undefined) throw new Refusal('bad_payload', 'Either "room" or "to".')
  if (room !== undefined) {
    const name = readRoom({ room })
    if (!socket.rooms.has(name)) throw new Refusal('not_a_member', 'Join the room first.')
    return [name]
  }
  const name = userRoom(String(to))
  if (!io.sockets.adapter.rooms.has(name)) throw new Refusal('user_offline', 'Nobody of that name is here.')
  return [name, userRoom(socket.data.username)]
}

/** Throws Refusal `invalid_room`. */
function readRoom({ room }: Payload): string {
  if (typeof room === 'string' && /^[a-z0-9-]{1,30}$/.test(room)) return `room:${room}`
  throw new Refusal('invalid_room', 'A room has 1 to 30 of a-z, 0-9 and -.')
}

/** Throws Refusal `bad_payload`. */
function readText({ text }: Payload): string {
  if (typeof text === 'string' && text.length >= 1 && text.length <= 2_000) return text
  throw new Refusal('bad_payload', '"text" must be a text of 1 to 2000 characters.')
}

function userRoom(username: string): string {
  return `user:${username.toLowerCase()}`
}

http.listen(Number(process.env.PORT ?? 3020), '127.0.0.1')

process.on('SIGTERM', () => {
  io.engine.close() // the transports: clients take it for a lost connection, and come back
  http.close(() => process.exit(0))
  http.closeAllConnections()
})
