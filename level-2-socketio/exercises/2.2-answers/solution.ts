// 2.2 Answers. Every event is answered, whatever it carries.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { Server } from 'socket.io'

const USERNAME = /^[\p{L}\p{M}\p{N}_-]{2,20}$/u

interface User {
  username: string
}

type Payload = Record<string, unknown>
const users = new Map<string, User>()

// A page finds `data` in its event connect_error.
const refusal = (code: string, message: string) =>
  Object.assign(new Error(message), { data: { code, message } })

const http = createServer()
const io = new Server(http, {
  maxHttpBufferSize: 65_536,
  // As in level 1: a page of another origin gets no connection.
  allowRequest: ({ headers: { origin, host } }, done) => done(null, !origin || origin === `http://${host}`),
})

io.use((socket, next) => {
  try {
    socket.data.user = enter(socket.handshake.auth)
    next()
    // It connects in the next tick, unless the client is gone by then: nothing else would say so.
    process.nextTick(() => socket.connected || leave(socket.data.user))
  } catch (error) {
    next(error as Error)
  }
})

const keyOf = (name: string) => name.toUpperCase().toLowerCase() // upper case first: ß and SS are one

function enter({ username: wanted }: Payload): User {
  if (wanted === undefined || wanted === '') throw refusal('username_missing', 'Choose a username.')
  const username = typeof wanted === 'string' ? wanted.normalize('NFKC') : ''
  if (!USERNAME.test(username)) throw refusal('username_invalid', 'Use 2 to 20 letters, digits, _ or -.')
  if (users.has(keyOf(username))) throw refusal('username_taken', 'Somebody has this name.')
  users.set(keyOf(username), { username })
  return { username }
}

function leave(user: User): void {
  users.delete(keyOf(user.username))
}

io.on('connection', (socket) => {
  const user: User = socket.data.user
  socket.on('disconnect', () => leave(user))
  socket.onAny((event: string, ...args: unknown[]) => handle(user, event, args))
})

const handlers = new Map<string, (user: User, payload: Payload) => unknown>([['message:send', sendMessage]])

/** Answers every event. Nothing may be thrown here: it would end the program, and everybody's connection. */
function handle(user: User, event: string, args: unknown[]): void {
  const answer = (typeof args.at(-1) === 'function' ? args.pop() : () => undefined) as (data: object) => void
  try {
    const handler = handlers.get(event)
    const [payload] = args as Payload[]
    if (!handler || payload?.constructor !== Object) throw refusal('bad_payload', 'No such event or object.')
    answer({ ok: true, data: handler(user, payload) })
  } catch (error) {
    const { data } = error as Partial<ReturnType<typeof refusal>>
    if (!data) console.error(error)
    answer({ ok: false, error: data ?? { code: 'internal', message: 'The server failed.' } })
  }
}

function sendMessage(user: User, payload: Payload) {
  const { text } = payload
  if (typeof text !== 'string' || !/^.{1,2000}$/s.test(text)) throw refusal('bad_payload', 'Bad text length.')
  const message = { id: randomUUID(), from: user.username, text, at: new Date().toISOString(), room: null }
  io.emit('message:new', message)
  return { id: message.id, at: message.at }
}

http.listen(Number(process.env.PORT ?? 3020), '127.0.0.1')
