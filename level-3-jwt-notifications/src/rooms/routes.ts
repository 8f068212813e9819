import type { DefineRoute } from '@levels/shared/server/api/route.ts'
import * as z from 'zod'
import type { Rooms } from './index.ts'
import type { Member } from './rooms.ts'
import {
  invitation,
  messagesQuery,
  newRoom,
  newRoomMessage,
  room,
  roomMessage,
  roomMessagePage,
  roomPage,
  roomSlug,
  roomsQuery,
} from './shapes.ts'

const bySlug = z.strictObject({ slug: roomSlug })
const absent = { 404: 'There is no such room' }
const membersOnly = { 403: 'Members only', ...absent }

export interface RoomRouteParts {
  rooms: Rooms
  /** Throws HttpError 404 `user_not_found`. */
  named(username: string): Promise<Member>
}

/** Rooms over REST. */
export function roomRoutes(route: DefineRoute, { rooms, named }: RoomRouteParts): void {
  route('POST /api/rooms', {
    summary: 'Make a room; its creator is the first member',
    body: newRoom,
    status: 201,
    answer: room,
    problems: { 409: 'There is a room of this slug already', 429: 'Too many rooms: see Retry-After' },
    handle: ({ caller, body }) => rooms.create(caller.id, body.name, body.private),
  })

  route('GET /api/rooms', {
    summary: 'Rooms, newest first: public ones, and private ones that the caller is in or was invited to',
    query: roomsQuery,
    answer: roomPage,
    handle: ({ caller, query }) => rooms.list(caller.id, query),
  })

  route('POST /api/rooms/:slug/join', {
    summary: 'Become a member',
    params: bySlug,
    answer: room,
    problems: absent,
    handle: ({ caller, params }) => rooms.join(caller, params.slug),
  })

  route('POST /api/rooms/:slug/leave', {
    summary: 'Be a member no longer, or refuse an invitation',
    params: bySlug,
    answer: room,
    problems: absent,
    handle: ({ caller, params }) => rooms.leave(caller, params.slug),
  })

  route('POST /api/rooms/:slug/invitations', {
    summary: 'Invite somebody; members only',
    params: bySlug,
    body: invitation,
    problems: { 403: 'Members only', 404: 'There is no such room, or no such user' },
    handle: async ({ caller, params, body }) => rooms.invite(caller, params.slug, await named(body.username)),
  })

  route('GET /api/rooms/:slug/messages', {
    summary: 'Messages, oldest first: the newest, or those before one of them; members only',
    params: bySlug,
    query: messagesQuery,
    answer: roomMessagePage,
    problems: membersOnly,
    handle: ({ caller, params, query }) => rooms.messages(caller.id, params.slug, query),
  })

  route('POST /api/rooms/:slug/messages', {
    summary: 'Write to the room; members only',
    params: bySlug,
    body: newRoomMessage,
    status: 201,
    answer: roomMessage,
    problems: { ...membersOnly, 429: 'Too many messages: see Retry-After' },
    handle: ({ caller, params, body }) => rooms.send(caller, params.slug, body.text),
  })
}
