// 1.7 The page. A connection that is lost must come back by itself.
export interface Connection {
  /** Returns false, and sends nothing, while there is no connection. */
  send(data: string): boolean
  /** Ends it for good. */
  close(): void
}

export function connect(url: string, onMessage: (data: unknown) => void): Connection {
  const socket = new WebSocket(url)
  socket.addEventListener('message', ({ data }) => onMessage(data))

  return {
    send(data) {
      if (socket.readyState !== WebSocket.OPEN) return false
      socket.send(data)
      return true
    },
    close: () => socket.close(),
  }
}
