import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Keeps account of a server's TCP connections, WebSockets included, which `server.closeAllConnections()` leaves open.
 * A WebSocket closes when its peer answers, and a hung peer never does. Call before the server listens.
 */
export function trackConnections(server: Server): { destroyAll(): void } {
  const open = new Set<Socket>()
  // One listener for all, so that a connection costs an entry in the set and nothing more.
  function forget(this: Socket): void {
    open.delete(this)
  }
  server.on('connection', (socket) => {
    open.add(socket)
    socket.on('close', forget)
  })
  return {
    destroyAll() {
      for (const socket of open) socket.destroy()
    },
  }
}
