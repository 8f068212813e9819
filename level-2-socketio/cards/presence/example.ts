// A node:http server with people on it: names, tabs, rooms, messages to everyone, to a room or to a name.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { guardConnections } from '@levels/shared/server/socketio.ts'
import { Server } from 'socket.io'
import { WebSocketServer } from 'ws'
import { type Level2Io, membersOf, tabsOf } from '../../src/io.ts'
import { createPresence } from '../../src/presence.ts'
import { RECOVERY_MS, RecoveryAdapter } from '../../src/recovery.ts'
import { Refusal } from '../../src/refusal.ts'

const HEARTBEAT_MS = Number(process.env.HEARTBEAT_MS ?? 25_000)

const http = createServer((_req, res) => res.end('people are at /socket.io/\n'))
const io: Level2Io = new Server(http, {
  maxHttpBufferSize: 65_536,
  pingInterval: HEARTBEAT_MS,
  pingTimeout: HEARTBEAT_MS * 0.8,
  adapter: RecoveryAdapter,
  connectionStateRecovery: { maxDisconnectionDuration: RECOVERY_MS, skipMiddlewares: false },
  wsEngine: WebSocketServer, // of ws 8.22 or newer, which bounds pongs that nobody reads
})
guardConnections(io)
const { users, rooms } = createPresence(io)

io.on('connection', (socket) => {
  const { user } = socket.data

  socket.on('room:join', (payload, answer) => {
    const room = String(payload?.room)
    reply(answer, () => {
      if (!/^[a-z0-9-]{1,30}$/.test(room))
        throw new Refusal('invalid_room', 'A room has 1 to 30 of a-z, 0-9 and -.')
      return rooms.join(user, room)
    })
  })

  socket.on('message:send', (payload, answer) => {
    reply(answer, () => {
      const { text, room, to } = payload ?? {}
      if (typeof text !== 'string' || text.length < 1 || text.length > 2_000) {
        throw new Refusal('bad_payload', '"text" must be a text of 1 to 2000 characters.')
      }
      const message = {
        id: randomUUID(),
        from: user.username,
        text,
        at: new Date().toISOString(),
        room: null,
      }
      if (to !== undefined) {
        const recipient = users.reach(String(to))
        io.to([tabsOf(recipient), tabsOf(user)]).emit('message:new', { ...message, to: recipient.username })
      } else if (room !== undefined) {
        if (!user.rooms.includes(room)) throw new Refusal('not_a_member', 'Join the room first.')
        io.to(membersOf(room)).emit('message:new', { ...message, room })
      } else {
        io.emit('message:new', message)
      }
      return { id: message.id, at: message.at }
    })
  })
})

/** Answers with what `act` returns, or with the Refusal it throws. The card `answered-events` does this for every event. */
function reply<Data>(answer: unknown, act: () => Data): void {
  const send = typeof answer === 'function' ? answer : () => undefined
  try {
    send({ ok: true, data: act() })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    send({ ok: false, error: error.data })
  }
}

http.listen(Number(process.env.PORT ?? 3020), '127.0.0.1')

process.on('SIGTERM', () => {
  io.engine.close() // the transports: clients take it for a lost connection, and come back
  http.close(() => process.exit(0))
  http.closeAllConnections()
})
