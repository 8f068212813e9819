import type { Acknowledgement } from '../src/events.ts'
import type { Level2Socket } from './connection.ts'

const TIMEOUT_MS = 5_000

/**
 * Sends an event and waits for the server's answer. Resolves with what is wrong in words, or with undefined when all
 * is well. Socket.IO would keep an event while there is no connection and send it later; a person who reads "not sent"
 * and sends again would then have sent twice.
 */
export async function ask(
  socket: Level2Socket,
  send: (socket: ReturnType<Level2Socket['timeout']>) => Promise<Acknowledgement<unknown>>,
): Promise<string | undefined> {
  if (!socket.connected) return 'Not sent: there is no connection.'
  try {
    const answer = await send(socket.timeout(TIMEOUT_MS))
    return answer.ok ? undefined : answer.error.message
  } catch {
    return 'No answer within 5 seconds: nobody knows whether it arrived.'
  }
}
