import type { ErrorCode, Problem } from './events.ts'

/**
 * A no. Thrown in the handshake, Socket.IO sends `data` along with the `connect_error`; thrown while an event is
 * handled, it becomes the acknowledgement.
 */
export class Refusal extends Error {
  readonly data: Problem

  constructor(code: ErrorCode, message: string) {
    super(message)
    this.data = { code, message }
  }
}
