// 2.6 The page. It must come back as the same user, show everything once, and never wait for ever.
import { io } from 'socket.io-client'

export interface PageEvents {
  onMessage(message: { from: string; text: string }): void
  /** Everyone who is online, after each change. */
  onUsers(users: string[]): void
  /** The server does not let this name in; `code` says why. */
  onRefused(code: string): void
}

export function openPage(url: string, username: string, { onMessage, onUsers }: PageEvents) {
  const socket = io(url, { transports: ['websocket'], auth: { username } })

  socket.on('connect', () => {
    socket.on('message:new', onMessage)
    socket.on('session', ({ users }) => onUsers(users))
    socket.on('user:joined', ({ users }) => onUsers(users))
    socket.on('user:left', ({ users }) => onUsers(users))
  })

  return {
    /** Resolves with the server's answer. */
    send: (text: string) => socket.emitWithAck('message:send', { text }),
    close: () => socket.disconnect(),
  }
}
