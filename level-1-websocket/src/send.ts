import { WebSocket } from 'ws'

/** The most that may wait for one slow reader, in bytes. */
export const MAX_WAITING_BYTES = 1_048_576

/**
 * Sends unless the reader is too slow: what a peer does not read piles up in this process's memory, and one peer that
 * stops reading could exhaust it. Such a peer is terminated, the others are served.
 *
 * Returns whether the message was handed to the socket.
 */
export function sendBounded(socket: WebSocket, data: Buffer, isBinary: boolean): boolean {
  if (socket.readyState !== WebSocket.OPEN) return false
  if (socket.bufferedAmount + data.length > MAX_WAITING_BYTES) {
    socket.terminate()
    return false
  }
  socket.send(data, { binary: isBinary })
  return true
}
