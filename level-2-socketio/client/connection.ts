import type { PillState } from '@levels/shared/client/pill.ts'
import { io, type Socket } from 'socket.io-client'
import type { ClientToServerEvents, Handshake, Problem, ServerToClientEvents } from '../src/events.ts'
import { forgetThisTab, nameOfThisTab, remember, sessionOf } from './identity.ts'

export type Level2Socket = Socket<ServerToClientEvents, ClientToServerEvents>

export interface ConnectionEvents {
  onState(state: PillState, words: string): void
  /** The server does not let this name in. */
  onRefused(problem: Problem): void
}

export interface Connection {
  /** Its listeners survive every reconnect: add each once, and never in a `connect` handler. */
  socket: Level2Socket
  connect(username: string): void
  disconnect(): void
}

/** One socket for the life of the page. Socket.IO reconnects it by itself; level 1 had to do that by hand. */
export function createConnection({ onState, onRefused }: ConnectionEvents): Connection {
  let username = ''
  const socket: Level2Socket = io({
    autoConnect: false,
    // Without the long-polling that Socket.IO starts with, every packet is one frame that the wire can show.
    transports: ['websocket'],
    // A function, not an object: it is asked anew for each attempt, and the session id may have changed.
    auth: (send) => send({ username, sessionId: sessionOf(username) } satisfies Handshake),
  })

  socket.on('session', (session) => {
    username = session.username
    remember(username, session.sessionId)
    onState('on', `connected as ${username}`)
  })
  socket.on('disconnect', (reason) => {
    if (socket.active) return onState('waiting', 'connection lost; trying again')
    const words = reason === 'io server disconnect' ? 'thrown out by the server' : 'disconnected'
    onState('off', words)
  })
  socket.on('connect_error', (error: Error & { data?: Problem }) => {
    // `active` means that Socket.IO will try again: the server could not be reached. Otherwise it said no.
    if (socket.active) return onState('waiting', 'no connection; trying again')
    onState('off', 'not let in')
    onRefused(error.data ?? { code: 'internal', message: error.message })
  })
  // Says goodbye: otherwise the server could not tell a closed page from a lost connection, and would keep the name.
  addEventListener('pagehide', () => socket.disconnect())
  // A page that comes out of the browser's back/forward cache goes on where it was (web.dev/articles/bfcache).
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted && nameOfThisTab()) socket.connect()
  })
  // Reconnecting is the manager's work, which several sockets can share: on the socket these never fire.
  socket.io.on('reconnect_attempt', (attempt) => onState('waiting', `reconnecting, attempt ${attempt}`))

  return {
    socket,
    connect(name) {
      username = name
      onState('waiting', 'connecting')
      socket.connect()
    },
    disconnect() {
      socket.disconnect()
      forgetThisTab()
      onState('off', 'disconnected')
    },
  }
}
