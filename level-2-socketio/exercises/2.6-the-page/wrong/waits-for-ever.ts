// caught: still waits
import { io } from 'socket.io-client'

export interface PageEvents {
  onMessage(message: { from: string; text: string }): void
  /** Everyone who is online, after each change. */
  onUsers(users: string[]): void
  /** The server does not let this name in; `code` says why. */
  onRefused(code: string): void
}

export function openPage(url: string, username: string, { onMessage, onUsers, onRefused }: PageEvents) {
  let sessionId: string | undefined
  const socket = io(url, {
    transports: ['websocket'],
    // A function: it is asked anew for each attempt, and the session id is known only after the first.
    auth: (give) => give({ username, sessionId }),
  })

  // Listeners stay when the connection is lost. Added in "connect", they would come once more with each return.
  socket.on('message:new', onMessage)
  socket.on('session', (session) => {
    sessionId = session.sessionId
    onUsers(session.users)
  })
  socket.on('user:joined', ({ users }) => onUsers(users))
  socket.on('user:left', ({ users }) => onUsers(users))
  socket.on('connect_error', (error: Error & { data?: { code: string } }) => {
    // While it is active, Socket.IO tries again: the server could not be reached. Otherwise it said no.
    if (!socket.active) onRefused(error.data?.code ?? error.message)
  })

  return {
    /** Resolves with the server's answer, and rejects when there is none for 2 s. */
    send: (text: string) => socket.emitWithAck('message:send', { text }),
    close: () => socket.disconnect(),
  }
}
