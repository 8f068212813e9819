/** Every no has a code for programs and a sentence for people. A refused handshake has it in `connect_error`, as `data`. */
export interface Problem {
  code: ErrorCode
  message: string
}

export type ErrorCode =
  // the handshake
  | 'username_missing'
  | 'username_invalid'
  | 'username_taken'
  // events
  | 'bad_payload'
  | 'invalid_room'
  | 'not_a_member'
  | 'too_many_rooms'
  | 'user_offline'
  | 'rate_limited'
  | 'internal'

/** The answer to every event. */
export type Acknowledgement<Data = undefined> = { ok: true; data?: Data } | { ok: false; error: Problem }

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
