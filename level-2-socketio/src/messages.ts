import { randomUUID } from 'node:crypto'
import type { Payload } from './answer.ts'
import type { Message } from './events.ts'
import { type Level2Io, membersOf, tabsOf } from './io.ts'
import { readRecipient, readRoom, readText } from './payload.ts'
import { Refusal } from './refusal.ts'
import { requireMember } from './rooms.ts'
import type { User, Users } from './users.ts'

/**
 * Sends a message to everyone, to a room, or to one user: one `emit`, whoever it is for, because Socket.IO encodes a
 * packet once and hands the same bytes to every socket. The sender's own tabs get it like all others.
 *
 * Throws Refusal: `bad_payload`, `invalid_room`, `not_a_member`, `user_offline`.
 */
export function sendMessage(io: Level2Io, users: Users, from: User, payload: Payload) {
  const text = readText(payload)
  if (payload.room !== undefined && payload.to !== undefined) {
    throw new Refusal('bad_payload', 'A message goes to a "room" or "to" a user, not both.')
  }
  const message: Message = {
    id: randomUUID(),
    from: from.username,
    text,
    at: new Date().toISOString(),
    room: null,
  }
  if (payload.room !== undefined) {
    message.room = readRoom(payload)
    requireMember(from, message.room)
    io.to(membersOf(message.room)).emit('message:new', message)
  } else if (payload.to !== undefined) {
    const recipient = users.reach(readRecipient(payload))
    message.to = recipient.username
    io.to([tabsOf(recipient), tabsOf(from)]).emit('message:new', message)
  } else {
    io.emit('message:new', message)
  }
  return { id: message.id, at: message.at }
}

/** Tells everyone else, or everyone else in a room, that a user is typing. Throws Refusal as sendMessage does. */
export function sendTyping(io: Level2Io, from: User, payload: Payload): void {
  const { username } = from
  if (payload.room === undefined) {
    io.except(tabsOf(from)).emit('typing', { username, room: null })
    return
  }
  const room = readRoom(payload)
  requireMember(from, room)
  io.to(membersOf(room)).except(tabsOf(from)).emit('typing', { username, room })
}
