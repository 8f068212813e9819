// caught: called close()
export interface Connection {
  /** Returns false, and sends nothing, while there is no connection. */
  send(data: string): boolean
  /** Ends it for good. */
  close(): void
}

const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 15_000

export function connect(url: string, onMessage: (data: unknown) => void): Connection {
  let socket: WebSocket
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0

  function open(): void {
    socket = new WebSocket(url)
    socket.addEventListener('message', ({ data }) => onMessage(data))
    socket.addEventListener('open', () => {
      failures = 0
    })
    // Every end is a close, also that of an attempt which failed: listening for "error" as well would count it twice.
    socket.addEventListener('close', () => {
      const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** failures)
      failures++
      // By chance, so that a restart does not bring a thousand pages back in the same instant ("full jitter").
      timer = setTimeout(open, Math.random() * longest)
    })
  }
  open()

  return {
    send(data) {
      if (socket.readyState !== WebSocket.OPEN) return false
      socket.send(data)
      return true
    },
    close() {
      clearTimeout(timer)
      socket.close()
    },
  }
}
