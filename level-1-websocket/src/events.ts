/**
 * The wire contract of level 1, for the server and the page.
 *
 * There is not much of one, and that is the lesson: a WebSocket carries text and bytes, without names. A message that
 * comes back (echo) and one that the server sends on its own (push) look alike. Level 2 gives them names.
 */

/** Where the WebSocket lives. */
export const SOCKET_PATH = '/ws'

/** `POST` here with a text of 1 to NOTIFY_MAX_LENGTH UTF-16 units: everyone connected gets it as one text message. */
export const NOTIFY_PATH = '/notify'
export const NOTIFY_MAX_LENGTH = 1_024

/** The answer to `POST /notify`, status 202. */
export interface NotifyResult {
  /** How many sockets it was sent to. Sent is not received: nobody tells the server whether it arrived. */
  delivered: number
}

/** Close codes this level uses (RFC 6455 section 7.4.1). */
export const CLOSE = {
  /** The server is shutting down. */
  goingAway: 1001,
  /** The message was longer than the server takes. */
  tooBig: 1009,
} as const
