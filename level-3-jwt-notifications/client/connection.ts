import '@levels/shared/client/tap.ts' // before socket.io-client, which takes hold of WebSocket when it is loaded
import { io, type Socket } from 'socket.io-client'
import type { Ack, ClientToServerEvents, Refusal, ServerToClientEvents } from '../src/events.ts'
import { Problem } from './http.ts'
import type { Session } from './session.ts'

/** `connected`; `waiting`: it comes back by itself, `why` says what for; `ended`: it does not. */
export type ConnectionState = 'connected' | 'waiting' | 'ended'

type Events = ClientToServerEvents
type Payload<E extends keyof Events> = Parameters<Events[E]>[0]
type Result<E extends keyof Events> =
  Parameters<Parameters<Events[E]>[1]>[0] extends Ack<infer Data> ? Data : never

export interface Connection {
  readonly socket: Socket<ServerToClientEvents, ClientToServerEvents>
  /** Sends an event and resolves with what the server answers. Throws Problem, at once while there is no connection. */
  request<E extends keyof Events>(event: E, payload: Payload<E>): Promise<Result<E>>
  /** To be called when the page holds a new access token. */
  renew(): void
  close(): void
}

export interface ConnectionOptions {
  session: Session
  /** The highest contiguous number shown so far: what the server need not send again. */
  after(): number | undefined
  onState(state: ConnectionState, why: string): void
}

const ANSWER_TIMEOUT_MS = 10_000
const LONGEST_DELAY_MS = 15_000

/**
 * The socket, which comes back by itself, whatever ended it. Three endings need three cures:
 *
 * - the network went: Socket.IO reconnects by itself;
 * - the server ended this socket (`io server disconnect`): Socket.IO thinks that was final, so connecting is up to us;
 * - the handshake was refused: trying again with the same token would be refused again, so refresh first.
 */
export function createConnection({ session, after, onState }: ConnectionOptions): Connection {
  const socket: Connection['socket'] = io({
    autoConnect: false,
    transports: ['websocket'],
    // A function, so that each handshake carries what is true then: the newest token, the newest cursor.
    auth: (send) => send({ token: session.access?.token, after: after() }),
  })
  let sid: string | undefined
  let endCode: string | undefined
  let failures = 0
  let closed = false
  let timer: ReturnType<typeof setTimeout> | undefined

  socket.on('connect', () => {
    failures = 0
    endCode = undefined
    onState('connected', 'connected')
  })
  socket.on('session:ready', (ready) => {
    sid = ready.sessionId
  })
  socket.on('session:expiring', ({ expiresAt }) => {
    // Another tab may have been quicker: then only the socket needs to hear of the new token.
    const { exp } = session.access?.claims ?? { exp: 0 }
    if (exp * 1_000 > Date.parse(expiresAt)) connection.renew()
    // The new token comes back through renew(). If that fails, the server cuts the socket, and that is handled below.
    else session.refresh().catch(() => undefined)
  })
  socket.on('session:ended', ({ code }) => {
    endCode = code
  })
  socket.on('disconnect', (reason) => {
    if (reason === 'io client disconnect') return
    if (socket.active) return onState('waiting', 'connection lost; coming back')
    onState('waiting', 'the server ended this connection; coming back')
    comeBack(endCode ?? 'token_expired')
  })
  socket.on('connect_error', (error: Error & { data?: Refusal }) => {
    if (socket.active) return onState('waiting', 'the server cannot be reached; trying again')
    onState('waiting', 'the server refused the token; getting a new one')
    comeBack(error.data?.code ?? 'unknown')
  })
  // Since version 3 these are the manager's events: on the socket they never come.
  socket.io.on('reconnect_attempt', (attempt) => onState('waiting', `connection lost; attempt ${attempt}`))

  async function comeBack(code: string): Promise<void> {
    const isOurs = sid === undefined || sid === session.access?.claims.sid
    if (code === 'session_revoked' && isOurs) return session.end(code)
    try {
      if (code.startsWith('token_') && isOurs) await session.refresh()
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return // the session has ended itself
      return later(code)
    }
    if (closed) return // the user signed out meanwhile
    // The first time at once. If a new token is refused, too, further ones will not help sooner.
    if (failures++ === 0) socket.connect()
    else later('unknown')
  }

  function later(code: string): void {
    if (closed) return
    const delayMs = Math.min(LONGEST_DELAY_MS, 1_000 * 2 ** failures++)
    clearTimeout(timer)
    timer = setTimeout(() => (code === 'unknown' ? socket.connect() : comeBack(code)), delayMs)
  }

  const connection: Connection = {
    socket,
    async request(event, payload) {
      // Socket.IO would keep it for later; a click that takes effect a minute later surprises.
      if (!socket.connected) throw new Problem(0, 'not_connected', 'Not connected.')
      // Its generic types cannot be followed through ours: what goes in and out is typed by the signature above.
      const untyped = socket as Socket
      const answer: Ack<Result<typeof event>> = await untyped
        .timeout(ANSWER_TIMEOUT_MS)
        .emitWithAck(event, payload)
        .catch(() => {
          throw new Problem(0, 'unreachable', 'The server did not answer.')
        })
      if (answer.ok) return answer.data
      throw new Problem(400, answer.error.code, answer.error.message)
    },
    renew() {
      const token = session.access?.token
      if (closed || !socket.connected || token === undefined) return
      // Another tab signed in anew: the socket lives on a session that is over, or soon will be.
      if (sid !== session.access?.claims.sid) socket.disconnect().connect()
      else
        connection.request('session:renew', { token }).catch((error: Problem) => {
          // Refused: then a new handshake. Unanswered: then the connection is gone, and coming back has begun.
          if (error.code.startsWith('token_') && socket.connected) socket.disconnect().connect()
        })
    },
    close() {
      closed = true
      clearTimeout(timer)
      socket.disconnect()
      onState('ended', 'signed out')
    },
  }
  return connection
}
