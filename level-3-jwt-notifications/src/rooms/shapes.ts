import { text, time } from '@levels/shared/server/api/untrusted.ts'
import type { EventOf } from '@levels/shared/server/event-types.ts'
import * as z from 'zod'

/** What can be sent about rooms, and what is answered: each shape once, types inferred. */

export const roomSlug = z.string().regex(/^[a-z0-9-]{1,30}$/, 'must be 1 to 30 of a-z, 0-9 and -')
export const messageText = text.min(1).max(2_000)

export const room = z
  .strictObject({
    slug: z.string(),
    name: z.string(),
    member: z.boolean().describe('Whether the one who asks is a member'),
    private: z.literal(true).optional().describe('Only for those who were invited'),
    invited: z
      .literal(true)
      .optional()
      .describe('Whether the one who asks was invited, and has not joined yet'),
  })
  .meta({ id: 'Room' })
export type Room = z.output<typeof room>

export const roomMessage = z
  .strictObject({
    room: z.string().describe('The slug of the room'),
    id: z.string(),
    from: z.string(),
    text: z.string(),
    at: time,
  })
  .meta({ id: 'RoomMessage' })
export type RoomMessage = z.output<typeof roomMessage>

/** Newest first; `nextBefore` asks for the next page as `before`, and is null on the last. */
export const roomPage = z.strictObject({ items: z.array(room), nextBefore: z.string().nullable() })
/** Oldest first, as one reads them; `nextBefore` asks for what came before. */
export const roomMessagePage = z.strictObject({
  items: z.array(roomMessage),
  nextBefore: z.string().nullable(),
})

const coming = z.strictObject({ room: z.string(), username: z.string() })
export const roomServerEvents = {
  'room:message': roomMessage,
  /** Somebody made a room that everyone may join. */
  'room:created': z.strictObject({ slug: z.string(), name: z.string() }),
  /** To the members: somebody came, or went. */
  'room:joined': coming,
  'room:left': coming,
}
/** An event of a room, with its payload. */
export type RoomEvent = EventOf<typeof roomServerEvents>

export const roomClientEvents = {
  'room:send': { payload: z.strictObject({ room: roomSlug, text: messageText }), answer: roomMessage },
}
