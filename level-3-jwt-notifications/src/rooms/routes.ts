import type { DefineRoute } from '@levels/shared/server/api/route.ts'
import { objectId, pageLimit, text } from '@levels/shared/server/api/untrusted.ts'
import type { Person } from '@levels/shared/server/caller.ts'
import * as z from 'zod'
import type { Rooms } from './index.ts'
import { messageText, room, roomMessage, roomMessagePage, roomPage, roomSlug } from './shapes.ts'

const bySlug = z.strictObject({ slug: roomSlug })
const membersOnly = { 403: 'Members only' }

/** Rooms over REST. `named` throws HttpError 404 `user_not_found`. */
export function roomRoutes(
  route: DefineRoute,
  rooms: Rooms,
  named: (username: string) => Promise<Person>,
): void {
  route('POST /api/rooms', {
    summary: 'Make a room; its creator is the first member',
    body: z.strictObject({ name: text.trim().min(1).max(50), private: z.boolean().optional() }),
    status: 201,
    answer: room,
    problems: { 409: 'There is a room of this slug already' },
    handle: ({ caller, body }) => rooms.create(caller.id, body.name, body.private),
  })

  route('GET /api/rooms', {
    summary: 'Rooms, newest first: public ones, and private ones that the caller is in or was invited to',
    query: z.strictObject({ before: roomSlug.optional(), limit: pageLimit(100) }),
    answer: roomPage,
    handle: ({ caller, query }) => rooms.list(caller.id, query),
  })

  route('POST /api/rooms/:slug/join', {
    summary: 'Become a member',
    params: bySlug,
    answer: room,
    handle: ({ caller, params }) => rooms.join(caller, params.slug),
  })

  route('POST /api/rooms/:slug/leave', {
    summary: 'Be a member no longer, or refuse an invitation',
    params: bySlug,
    answer: room,
    handle: ({ caller, params }) => rooms.leave(caller, params.slug),
  })

  route('POST /api/rooms/:slug/invitations', {
    summary: 'Invite somebody; members only',
    params: bySlug,
    body: z.strictObject({ username: z.string().min(1).max(100) }),
    problems: { 403: 'Members only', 404: 'There is no such room, or no such user' },
    handle: async ({ caller, params, body }) => rooms.invite(caller, params.slug, await named(body.username)),
  })

  route('GET /api/rooms/:slug/messages', {
    summary: 'Messages, oldest first: the newest, or those before one of them; members only',
    params: bySlug,
    query: z.strictObject({ before: objectId.optional(), limit: pageLimit(100) }),
    answer: roomMessagePage,
    problems: membersOnly,
    handle: ({ caller, params, query }) => rooms.messages(caller.id, params.slug, query),
  })

  route('POST /api/rooms/:slug/messages', {
    summary: 'Write to the room; members only',
    params: bySlug,
    body: z.strictObject({ text: messageText }),
    status: 201,
    answer: roomMessage,
    problems: membersOnly,
    handle: ({ caller, params, body }) => rooms.send(caller, params.slug, body.text),
  })
}
