import type { DefineRoute } from '@levels/shared/server/api/route.ts'
import * as z from 'zod'
import { roomAnswer, roomList, roomMessage, roomMessageList } from '../answers.ts'
import { newRoom, newRoomMessage, roomSlug } from '../schemas.ts'
import type { Rooms } from './rooms.ts'

const bySlug = z.strictObject({ slug: roomSlug })

/** Rooms over REST. */
export function roomRoutes(route: DefineRoute, rooms: Rooms): void {
  route({
    method: 'post',
    path: '/api/rooms',
    summary: 'Make a room; its creator is the first member',
    access: 'user',
    body: newRoom,
    status: 201,
    answer: roomAnswer,
    handle: ({ caller, body }) => rooms.create(caller.id, body.name),
  })

  route({
    method: 'get',
    path: '/api/rooms',
    summary: 'All rooms',
    access: 'user',
    status: 200,
    answer: roomList,
    handle: async ({ caller }) => ({ items: await rooms.list(caller.id) }),
  })

  route({
    method: 'post',
    path: '/api/rooms/:slug/join',
    summary: 'Become a member',
    access: 'user',
    params: bySlug,
    status: 200,
    answer: roomAnswer,
    handle: ({ caller, params }) => rooms.join(caller.id, params.slug),
  })

  route({
    method: 'post',
    path: '/api/rooms/:slug/leave',
    summary: 'Be a member no longer',
    access: 'user',
    params: bySlug,
    status: 200,
    answer: roomAnswer,
    handle: ({ caller, params }) => rooms.leave(caller.id, params.slug),
  })

  route({
    method: 'get',
    path: '/api/rooms/:slug/messages',
    summary: 'The newest messages, oldest first; members only',
    access: 'user',
    params: bySlug,
    status: 200,
    answer: roomMessageList,
    handle: async ({ caller, params }) => ({ items: await rooms.messages(caller.id, params.slug) }),
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
    handle: ({ caller, params, body }) => rooms.send(caller, params.slug, body.text),
  })
}
