import { time } from '@levels/shared/server/api/untrusted.ts'
import type { Asked, EventOf, Sent } from '@levels/shared/server/event-types.ts'
import * as z from 'zod'
import { logClientEvents, logServerEvents } from './log/shapes.ts'
import { roomClientEvents, roomServerEvents } from './rooms/shapes.ts'
import { userAnswer } from './sessions/shapes.ts'

/**
 * The contract of level 3: what crosses the socket, and the shapes that the REST API shares with it. Each shape stands
 * once, as a schema, in its chapter; here they come together. The page imports their types from here, and no schema.
 */
export * from './log/shapes.ts'
export * from './rooms/shapes.ts'
export * from './sessions/shapes.ts'

/** What the page sends when it connects. */
export const handshakeAuth = z.object({
  token: z.string().describe('The access token'),
  after: z
    .int()
    .min(0)
    .optional()
    .describe('The highest contiguous `seq` shown; absent: the server takes what was delivered before'),
})
export type HandshakeAuth = z.output<typeof handshakeAuth>

/** What the server sends, by event. */
export const serverEvents = {
  'session:ready': z.strictObject({
    user: userAnswer,
    sessionId: z.string(),
    instance: z.string(),
    expiresAt: time,
  }),
  /** The token expires soon: renew with `session:renew`, or be cut at that time. */
  'session:expiring': z.strictObject({ expiresAt: time }),
  /** The last event before the server cuts the socket. */
  'session:ended': z.strictObject({ code: z.enum(['token_expired', 'session_revoked']) }),
  ...logServerEvents,
  ...roomServerEvents,
}

/** What the page sends, by event: the payload, and the data of its acknowledgement. Strict: an unknown field is an error. */
export const clientEvents = {
  ...logClientEvents,
  ...roomClientEvents,
  /** A fresh access token of the same session keeps the socket open. */
  'session:renew': {
    payload: z.strictObject({ token: z.string().min(1).max(4_096) }),
    answer: z.strictObject({ expiresAt: time }),
  },
}

export type { Ack } from '@levels/shared/server/event-types.ts'

/** What the server sends: an event, with its payload. */
export type ServerEvent = EventOf<typeof serverEvents>
export type ServerToClientEvents = Sent<typeof serverEvents>
export type ClientToServerEvents = Asked<typeof clientEvents>
