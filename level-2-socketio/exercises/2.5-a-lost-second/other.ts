// A second right solution, written differently: classes, a listener an event, real Socket.IO rooms, a guard on recovery.
import crypto from 'node:crypto'
import http from 'node:http'
import { Server, type Socket } from 'socket.io'
import { Adapter } from 'socket.io-adapter'

const grace = Number(process.env.GRACE_MS || 3000)
const recovery = Number(process.env.RECOVERY_MS || 120000)

class No extends Error {
  data: { code: string; message: string }
  constructor(code: string) {
    super(code)
    this.data = { code, message: `Refused: ${code}` }
  }
}

class Person {
  readonly id = crypto.randomUUID()
  readonly sockets = new Set<Socket>()
  readonly rooms = new Set<string>()
  isHere = false
  readonly name: string
  readonly secret: string
  #timers: NodeJS.Timeout[] = []
  constructor(name: string, secret: string) {
    this.name = name
    this.secret = secret
  }
  stay(): void {
    for (const timer of this.#timers) clearTimeout(timer)
  }
  later(ms: number, what: () => void): void {
    this.#timers.push(setTimeout(what, Math.max(0, ms)))
  }
}

const people: Record<string, Person> = Object.create(null)
const fold = (name: string) => name.normalize('NFKC').toLocaleLowerCase('en')
const here = () => Object.values(people).flatMap((person) => (person.isHere ? [person.name] : []))

const web = http.createServer((_request, response) => response.writeHead(404).end())
const io = new Server(web, {
  connectionStateRecovery: { maxDisconnectionDuration: recovery, skipMiddlewares: false },
  allowRequest: ({ headers }, next) =>
    next(null, !headers.origin || new URL(headers.origin).host === headers.host),
})

const adapter = io.of('/').adapter
const restoreSession = adapter.restoreSession
adapter.restoreSession = async function restoreOwn(pid, offset) {
  const kept = await restoreSession.call(this, pid, offset)
  const person = (kept?.data as { person?: Person })?.person
  if (!person || people[fold(person.name)] !== person) throw new Error('nothing')
  const missed = kept.missedPackets.filter(([, what]) => {
    const room = (what as { room?: string | null } | undefined)?.room
    return !room || person.rooms.has(room)
  })
  // They wait until the connection stands.
  return { ...kept, rooms: [], missedPackets: [], data: { person, missed } }
}

io.use((socket, next) => {
  const { username, sessionId } = socket.handshake.auth as { username?: unknown; sessionId?: unknown }
  if (!username && username !== 0) return next(new No('username_missing'))
  if (typeof username !== 'string') return next(new No('username_invalid'))
  const name = username.normalize('NFKC')
  const length = [...name].length
  if (length < 2 || length > 20 || /[^\p{L}\p{M}\p{N}_-]/u.test(name)) return next(new No('username_invalid'))
  const known = people[fold(name)]
  const secret = sessionId ?? socket.data.person?.secret
  if (known && known.secret !== secret) return next(new No('username_taken'))
  const person = known ?? new Person(name, crypto.randomBytes(20).toString('hex'))
  people[fold(name)] = person
  socket.data.person = person
  person.stay()
  person.sockets.add(socket)
  next()
  setImmediate(() => {
    if (!socket.connected) bye(person, socket, true)
  })
})

function bye(person: Person, socket: Socket, forGood: boolean): void {
  if (!person.sockets.delete(socket) || person.sockets.size > 0) return
  const forget = () => {
    if (people[fold(person.name)] === person) delete people[fold(person.name)]
  }
  person.later(grace, () => {
    if (person.isHere) {
      person.isHere = false
      io.emit('user:left', { username: person.name, users: here() })
    }
    if (forGood) forget()
  })
  if (!forGood) person.later(Math.max(recovery, grace), forget)
}

io.on('connection', (socket) => {
  const person = socket.data.person as Person
  const isNew = !person.isHere
  person.isHere = true
  const inbox = `inbox/${person.id}`
  socket.join([inbox, ...[...person.rooms].map((room) => `chat/${room}`)])
  const { missed = [] } = socket.data as { missed?: unknown[][] }
  const only = { rooms: new Set([socket.id]), except: new Set<string>() }
  for (const data of missed) Adapter.prototype.broadcast.call(adapter, { type: 2, data }, only)
  const state = { sessionId: person.secret, username: person.name, users: here(), rooms: [...person.rooms] }
  socket.emit('session', state)
  if (isNew) socket.broadcast.emit('user:joined', { username: person.name, users: here() })
  socket.on('disconnect', (why) => bye(person, socket, /namespace disconnect$/.test(why)))

  const slug = (room: unknown): string => {
    if (typeof room !== 'string' || !/^[-a-z\d]{1,30}$/.test(room)) throw new No('invalid_room')
    return room
  }
  const member = (room: unknown): string => {
    if (!person.rooms.has(slug(room))) throw new No('not_a_member')
    return slug(room)
  }
  const answers = (event: string, work: (payload: Record<string, unknown>) => unknown) => {
    known.add(event)
    socket.on(event, (...args: unknown[]) => {
      const reply = args.findLast((each) => typeof each === 'function') as
        | ((answer: object) => void)
        | undefined
      try {
        if (!args[0] || typeof args[0] !== 'object' || Array.isArray(args[0])) throw new No('bad_payload')
        const data = work(args[0] as Record<string, unknown>)
        reply?.({ ok: true, data })
      } catch (error) {
        reply?.({
          ok: false,
          error: error instanceof No ? error.data : { code: 'internal', message: 'Sorry.' },
        })
      }
    })
  }
  const known = new Set<string>()
  answers('room:join', ({ room }) => {
    person.rooms.add(slug(room))
    io.in(inbox).socketsJoin(`chat/${room}`)
    const members = Object.values(people).filter(({ rooms }) => rooms.has(slug(room)))
    return { room, members: members.map(({ name }) => name) }
  })
  answers('room:leave', ({ room }) => {
    person.rooms.delete(member(room))
    io.in(inbox).socketsLeave(`chat/${room}`)
  })
  answers('typing', ({ room }) => {
    const audience = room === undefined ? socket.broadcast : socket.to(`chat/${member(room)}`)
    audience.except(inbox).emit('typing', { username: person.name, room: room ?? null })
  })
  answers('message:send', ({ text, room, to }) => {
    if (typeof text !== 'string' || !text || text.length > 2000) throw new No('bad_payload')
    if (room !== undefined && to !== undefined) throw new No('bad_payload')
    const recipient = typeof to === 'string' ? people[fold(to)] : undefined
    if (to !== undefined && !recipient) throw new No('user_offline')
    const about = { id: crypto.randomUUID(), at: new Date().toISOString() }
    let audience: { emit(event: string, ...args: unknown[]): unknown } = io
    if (room !== undefined) audience = io.to(`chat/${member(room)}`)
    if (recipient) audience = io.to(inbox).to(`inbox/${recipient.id}`)
    audience.emit('message:new', {
      ...about,
      text,
      from: person.name,
      room: room ?? null,
      to: recipient?.name,
    })
    return about
  })
  socket.onAny((event, ...args) => {
    const reply = args.at(-1)
    if (known.has(event) || typeof reply !== 'function') return
    reply({ ok: false, error: { code: 'bad_payload', message: 'What is that?' } })
  })
})

web.listen(Number(process.env.PORT || 3020), '127.0.0.1')
