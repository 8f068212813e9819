import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { Server, type Socket } from 'socket.io'
import { Adapter, SessionAwareAdapter } from 'socket.io-adapter'

// A level 2 server that keeps the delivery promises that its liars break. A liar is this one with one part replaced.

type Answer = { ok: true; data?: object } | { ok: false; error: { code: string; message: string } }
type Payload = Record<string, unknown> | null

/** What a liar may replace. */
export interface Parts {
  /** How long Socket.IO keeps what a lost connection has missed, in milliseconds. */
  recoveryMs: number
  /** Answers what nobody should have sent; undefined is silence. */
  refuse(code: string): Answer | undefined
  /** Called for each page that comes back, after it has got what it missed. */
  cameBack(socket: Socket): void
  /** Called for each message that everyone gets. */
  sent(message: object): void
}

const refuse: Parts['refuse'] = (code) => ({ ok: false, error: { code, message: code } })
const honest: Parts = { recoveryMs: 120_000, refuse, cameBack: () => undefined, sent: () => undefined }

/** Socket.IO's packet type for events. */
const EVENT = 2

/**
 * Socket.IO sends what was missed ahead of its own CONNECT. A client that is cut between the two has these packets, does
 * not count them yet, is sent them once more, and shows them twice. Here CONNECT comes first.
 */
class LateAdapter extends SessionAwareAdapter {
  readonly #late = new Map<string, unknown[][]>()

  override async restoreSession(pid: string, offset: string) {
    const session = await super.restoreSession(pid, offset)
    if (!session) return session
    this.#late.set(session.sid, session.missedPackets)
    return { ...session, missedPackets: [] }
  }

  replay({ id }: Socket): void {
    const opts = { rooms: new Set([id]), except: new Set<string>() }
    // As Adapter does: the packets have their numbers already.
    for (const data of this.#late.get(id) ?? [])
      Adapter.prototype.broadcast.call(this, { type: EVENT, data }, opts)
    this.#late.delete(id)
  }
}

/** Serves on PORT. */
export function serve(lies: Partial<Parts> = {}): void {
  const parts = { ...honest, ...lies }
  const http = createServer((_request, response) => response.writeHead(404).end())
  const io = new Server(http, {
    serveClient: false,
    adapter: LateAdapter,
    connectionStateRecovery: { maxDisconnectionDuration: parts.recoveryMs },
  })
  /** Who has been here; whoever lost the connection gets it on return. */
  const names = new Set<unknown>()
  io.on('connection', (socket) => {
    const { username, sessionId = randomUUID() } = socket.handshake.auth
    socket.emit('session', { sessionId, username, users: [username], rooms: [] })
    socket.join(`user:${username}`)
    names.add(username)
    if (socket.recovered) {
      ;(io.of('/').adapter as LateAdapter).replay(socket)
      parts.cameBack(socket)
    }
    socket.onAny((event: string, ...args: unknown[]) => {
      const answer = typeof args.at(-1) === 'function' ? (args.pop() as (given: Answer) => void) : undefined
      const given = act(event, args[0] as Payload)
      if (given) answer?.(given)
    })

    function act(event: string, payload: Payload): Answer | undefined {
      if (payload === null || typeof payload !== 'object' || Array.isArray(payload))
        return parts.refuse('bad_payload')
      if (event === 'typing' || event === 'room:leave') return { ok: true }
      if (event === 'room:join') return payload.room === 'tea' ? { ok: true } : parts.refuse('invalid_room')
      const { text, to, room } = payload
      if (typeof text !== 'string' || text.length > 2_000 || (room && to)) return parts.refuse('bad_payload')
      if (room) return parts.refuse('not_a_member')
      if (to !== undefined && !names.has(to)) return parts.refuse('user_offline')
      const message = { id: randomUUID(), from: username, text, at: new Date().toISOString(), room: null }
      const rooms = to === undefined ? [] : [`user:${to}`, `user:${username}`]
      ;(rooms.length > 0 ? io.to(rooms) : io).emit('message:new', message)
      parts.sent(message)
      return { ok: true, data: { id: message.id, at: message.at } }
    }
  })
  process.once('SIGTERM', () => process.exit(0))
  http.listen(Number(process.env.PORT), '127.0.0.1')
}
