// caught: First the handshake, then what was missed
import { randomBytes, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { Server } from 'socket.io'

const USERNAME = /^[\p{L}\p{M}\p{N}_-]{2,20}$/u
const GRACE_MS = Number(process.env.GRACE_MS ?? 3_000)
const RECOVERY_MS = Number(process.env.RECOVERY_MS ?? 120_000)

interface User {
  username: string
  sessionId: string
  tabs: number
  rooms: Set<string>
  announced?: boolean
  leaving?: NodeJS.Timeout
}

type Payload = Record<string, unknown>
const users = new Map<string, User>()

// A page finds `data` in its event connect_error.
const refusal = (code: string, message: string) =>
  Object.assign(new Error(message), { data: { code, message } })

const http = createServer()
const io = new Server(http, {
  maxHttpBufferSize: 65_536,
  connectionStateRecovery: { maxDisconnectionDuration: RECOVERY_MS, skipMiddlewares: false },
  // As in level 1: a page of another origin gets no connection.
  allowRequest: ({ headers: { origin, host } }, done) => done(null, !origin || origin === `http://${host}`),
})

io.use((socket, next) => {
  try {
    socket.data.user = enter({ sessionId: socket.data.user?.sessionId, ...socket.handshake.auth })
    next()
    // It connects in the next tick, unless the client is gone by then: nothing else would say so.
    process.nextTick(() => socket.connected || leave(socket.data.user))
  } catch (error) {
    next(error as Error)
  }
})

const keyOf = (name: string) => name.toUpperCase().toLowerCase() // upper case first: ß and SS are one
// All tabs of a user are in one room of Socket.IO, and its name is nothing that people choose.
const tabsOf = (user: User) => `user:${user.sessionId}`
const names = () => [...users.values()].filter(({ announced }) => announced).map(({ username }) => username)

function enter({ username: wanted, sessionId }: Payload): User {
  if (wanted === undefined || wanted === '') throw refusal('username_missing', 'Choose a username.')
  const username = typeof wanted === 'string' ? wanted.normalize('NFKC') : ''
  if (!USERNAME.test(username)) throw refusal('username_invalid', 'Use 2 to 20 letters, digits, _ or -.')
  // A page keeps its id, so that after a restart of the server its tabs are one user again.
  const id = /^[\w-]{32}$/.test(String(sessionId)) ? String(sessionId) : randomBytes(24).toString('base64url')
  const user = users.get(keyOf(username)) ?? { username, sessionId: id, tabs: 0, rooms: new Set<string>() }
  if (user.sessionId !== id) throw refusal('username_taken', 'Somebody has this name.')
  users.set(keyOf(username), user)
  clearTimeout(user.leaving)
  user.tabs++
  return user
}

function leave(user: User, onPurpose = true): void {
  if (--user.tabs > 0) return
  user.leaving = setTimeout(() => {
    const { announced, username } = user
    user.announced = false
    if (announced) io.emit('user:left', { username, users: names() })
    // Whoever lost the connection finds name and rooms when it comes back in time; whoever left does not come back.
    user.leaving = setTimeout(() => users.delete(keyOf(username)), onPurpose ? 0 : RECOVERY_MS - GRACE_MS)
  }, GRACE_MS) // a reload closes the last tab and opens the next
}

io.on('connection', (socket) => {
  const user: User = socket.data.user
  const { username, sessionId, announced } = user
  user.announced = true
  socket.emit('session', { sessionId, username, users: names(), rooms: [...user.rooms] })
  socket.join(tabsOf(user))
  if (!announced) socket.broadcast.emit('user:joined', { username, users: names() })
  socket.on('disconnect', (reason) => leave(user, reason.endsWith('namespace disconnect')))
  socket.onAny((event: string, ...args: unknown[]) => handle(user, event, args))
})

const handlers = new Map<string, (user: User, payload: Payload) => unknown>([
  ['message:send', sendMessage],
  ['room:join', joinRoom],
  ['room:leave', (user, { room }) => membersOf(user, room) && user.rooms.delete(String(room))],
  ['typing', sayTyping],
])

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

function joinRoom(user: User, { room }: Payload) {
  if (typeof room !== 'string' || !/^[a-z0-9-]{1,30}$/.test(room)) throw refusal('invalid_room', 'No room.')
  user.rooms.add(room)
  return { room, members: membersOf(user, room).map(({ username }) => username) }
}

function membersOf(user: User, room: unknown): User[] {
  if (!user.rooms.has(String(room))) throw refusal('not_a_member', 'Join the room first.')
  return [...users.values()].filter(({ rooms }) => rooms.has(String(room)))
}

function sayTyping(user: User, { room }: Payload): void {
  const others = io.to(recipientsOf(user, { room }).map(tabsOf)).except(tabsOf(user))
  others.emit('typing', { username: user.username, room: room ?? null })
}

function recipientsOf(user: User, { room, to }: Payload): User[] {
  if (room !== undefined && to !== undefined) throw refusal('bad_payload', 'To a room or a user, not both.')
  if (room !== undefined) return membersOf(user, room)
  if (to === undefined) return [...users.values()]
  const recipient = users.get(keyOf(String(to).normalize('NFKC')))
  if (recipient) return [recipient, user]
  throw refusal('user_offline', 'This level forgets whoever is away.')
}

function sendMessage(user: User, payload: Payload) {
  const { text, room = null, to } = payload
  if (typeof text !== 'string' || !/^.{1,2000}$/s.test(text)) throw refusal('bad_payload', 'Bad text length.')
  const message = { id: randomUUID(), from: user.username, text, at: new Date().toISOString(), room, to }
  io.to(recipientsOf(user, payload).map(tabsOf)).emit('message:new', message)
  return { id: message.id, at: message.at }
}

http.listen(Number(process.env.PORT ?? 3020), '127.0.0.1')
