import type { Payload } from './answer.ts'
import { Refusal } from './refusal.ts'

export const LIMITS = {
  /** Characters (code points) of a message or notification. */
  text: { min: 1, max: 2_000 },
  /** Characters of a room's name. */
  room: { min: 1, max: 30 },
  /** Of one packet, in bytes. More drops the connection. */
  packetBytes: 65_536,
} as const

/** The text of a message. Throws Refusal `bad_payload`. */
export function readText({ text }: Payload): string {
  const { min, max } = LIMITS.text
  // A code point is one or two UTF-16 units: far too long texts need no counting.
  if (typeof text === 'string' && text.length <= 2 * max) {
    const { length } = [...text]
    if (length >= min && length <= max) return text
  }
  throw new Refusal('bad_payload', `"text" must be a text of ${min} to ${max} characters.`)
}

/** The name of a room. Throws Refusal: `bad_payload` when it is no string, `invalid_room` when no room can have it. */
export function readRoom({ room }: Payload): string {
  if (typeof room !== 'string') throw new Refusal('bad_payload', '"room" must be the name of a room.')
  const { min, max } = LIMITS.room
  if (room.length >= min && room.length <= max && /^[a-z0-9-]+$/.test(room)) return room
  throw new Refusal('invalid_room', `A room's name has ${min} to ${max} of a-z, 0-9 and -.`)
}

/** The name of the user a message is for. Throws Refusal `bad_payload`. */
export function readRecipient({ to }: Payload): string {
  if (typeof to === 'string' && to !== '') return to
  throw new Refusal('bad_payload', '"to" must be a username.')
}
