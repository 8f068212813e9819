import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { closeHttpServer } from './http.ts'

/** How long a client may take to close its side when the server ends, in milliseconds. */
const CLOSE_GRACE_MS = 1_000

/**
 * Keeps account of a server's TCP connections, WebSockets included, which `server.closeAllConnections()` leaves open.
 * A WebSocket closes when its peer answers, and a hung peer never does. Call before the server listens.
 */
export function trackConnections(server: Server) {
  const open = new Set<Socket>()
  // One listener for all, so that a connection costs an entry in the set and nothing more.
  function forget(this: Socket): void {
    open.delete(this)
  }
  server.on('connection', (socket) => {
    open.add(socket)
    socket.on('close', forget)
  })
  function destroyAll(): void {
    for (const socket of open) socket.destroy()
  }
  return {
    /** Ends the server: idle connections at once, others when they are done, or a second later. */
    async close(): Promise<void> {
      const deadline = setTimeout(destroyAll, CLOSE_GRACE_MS)
      await closeHttpServer(server)
      clearTimeout(deadline)
    },
  }
}
