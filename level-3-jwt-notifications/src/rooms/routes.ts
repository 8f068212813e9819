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
  route({
    method: 'post',
    path: '/api/rooms',
    summary: 'Make a room; its creator is the first member',
    access: 'user',
    body: newRoom,
    status: 201,
    answer: room,
    problems: { 409: 'There is a room of this slug already', 429: 'Too many rooms: see Retry-After' },
    handle: ({ caller, body }) => rooms.create(caller.id, body.name, body.private),
  })

  route({
    method: 'get',
    path: '/api/rooms',
    summary: 'Rooms, newest first: public ones, and private ones that the caller is in or was invited to',
    access: 'user',
    query: roomsQuery,
    status: 200,
    answer: roomPage,
    handle: ({ caller, query }) => rooms.list(caller.id, query),
  })

  route({
    method: 'post',
    path: '/api/rooms/:slug/join',
    summary: 'Become a member',
    access: 'user',
    params: bySlug,
    status: 200,
    answer: room,
    problems: absent,
    handle: ({ caller, params }) => rooms.join(caller, params.slug),
  })

  route({
    method: 'post',
    path: '/api/rooms/:slug/leave',
    summary: 'Be a member no longer, or refuse an invitation',
    access: 'user',
    params: bySlug,
    status: 200,
    answer: room,
    problems: absent,
    handle: ({ caller, params }) => rooms.leave(caller, params.slug),
  })

  route({
    method: 'post',
    path: '/api/rooms/:slug/invitations',
    summary: 'Invite somebody; members only',
    access: 'user',
    params: bySlug,
    body: invitation,
    status: 204,
    problems: { 403: 'Members only', 404: 'There is no such room, or no such user' },
    handle: async ({ caller, params, body }) => rooms.invite(caller, params.slug, await named(body.username)),
  })

  route({
    method: 'get',
    path: '/api/rooms/:slug/messages',
    summary: 'Messages, oldest first: the newest, or those before one of them; members only',
    access: 'user',
    params: bySlug,
    query: messagesQuery,
    status: 200,
    answer: roomMessagePage,
    problems: membersOnly,
    handle: ({ caller, params, query }) => rooms.messages(caller.id, params.slug, query),
  })

  route({
    method: 'post',
    path: '/api/rooms/:slug/messages',
    summary: 'Write to the room; members only',
    access: 'user',
    params: bySlug,
    body: newRoomMessage,
    status: 201,
    answer: roomMessage,
    problems: { ...membersOnly, 429: 'Too many messages: see Retry-After' },
    handle: ({ caller, params, body }) => rooms.send(caller, params.slug, body.text),
  })
}
