import { WebSocket } from 'ws'

/** The most that may wait for one slow reader, in bytes. */
export const MAX_WAITING_BYTES = 1_048_576

/**
 * Sends unless the reader is too slow.
 *
 * Returns whether the message was handed to the socket.
 */
export function sendBounded(socket: WebSocket, data: Buffer, isBinary: boolean): boolean {
  if (socket.readyState !== WebSocket.OPEN || dropIfTooSlow(socket, data.length)) return false
  socket.send(data, { binary: isBinary })
  return true
}

/**
 * Terminates a peer for which more than MAX_WAITING_BYTES would wait with the `next` bytes. What a peer does not read
 * piles up in this process's memory, and one that stops reading could exhaust it for all others.
 *
 * Returns whether the peer was terminated.
 */
export function dropIfTooSlow(socket: WebSocket, next = 0): boolean {
  if (socket.bufferedAmount + next <= MAX_WAITING_BYTES) return false
  socket.terminate()
  return true
}
