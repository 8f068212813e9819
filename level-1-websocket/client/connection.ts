export type ConnectionState = 'disconnected' | 'connecting' | 'connected' | 'waiting'

export interface ConnectionEvents {
  onMessage(data: string | ArrayBuffer): void
  /** `delayMs` comes with `waiting`: how long until the next attempt. */
  onState(state: ConnectionState, delayMs?: number): void
}

export interface Connection {
  connect(): void
  disconnect(): void
  /** Returns false, and sends nothing, while there is no connection. */
  send(data: string | ArrayBuffer): boolean
}

const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 15_000

/** A WebSocket that comes back by itself. A browser gives you one connection; the rest of this file is yours to write. */
export function createConnection(url: string, { onMessage, onState }: ConnectionEvents): Connection {
  let socket: WebSocket | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0

  function open(): void {
    clearTimeout(timer)
    onState('connecting')
    const opened = new WebSocket(url)
    socket = opened
    opened.binaryType = 'arraybuffer'
    opened.addEventListener('open', () => {
      failures = 0
      onState('connected')
    })
    opened.addEventListener('message', ({ data }) => onMessage(data))
    opened.addEventListener('close', () => {
      // A socket that the user ended, or that a newer one replaced, must not start another.
      if (opened !== socket) return
      socket = undefined
      const delayMs = reconnectDelay(failures++)
      timer = setTimeout(open, delayMs)
      onState('waiting', delayMs)
    })
  }

  return {
    connect() {
      if (!socket) open()
    },
    disconnect() {
      clearTimeout(timer)
      const ended = socket
      socket = undefined
      failures = 0
      ended?.close(1000)
      onState('disconnected')
    },
    send(data) {
      if (socket?.readyState !== WebSocket.OPEN) return false
      socket.send(data)
      return true
    },
  }
}

/**
 * How long to wait after `failures` failures in a row, in milliseconds: at most 0.5 s, doubling up to 15 s, and anything
 * below that by chance. Without the chance ("full jitter") all clients that one restart cut off would come back in the
 * same instant (aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter).
 */
export function reconnectDelay(failures: number, random = Math.random): number {
  return random() * Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** failures)
}
