import type { WebSocket } from 'ws'

/**
 * Asks every peer, every `intervalMs`, whether it is still there, and terminates those that did not answer the last
 * time. TCP alone can take many minutes to notice that a peer vanished (a closed laptop, a dead router); until then
 * its socket would hold memory and count as a listener.
 *
 * The peer's side answers by itself: a ping must be answered with a pong (RFC 6455 section 5.5.2).
 */
export function startHeartbeat(clients: Set<WebSocket>, intervalMs: number): { stop(): void } {
  // One timer for all sockets, not one a socket. Who is in here was asked and has not answered yet.
  const unanswered = new WeakSet<WebSocket>()
  const timer = setInterval(() => {
    for (const socket of clients) {
      if (unanswered.has(socket)) {
        socket.terminate()
        continue
      }
      unanswered.add(socket)
      socket.once('pong', () => unanswered.delete(socket))
      socket.ping()
    }
  }, intervalMs)
  return { stop: () => clearInterval(timer) }
}
