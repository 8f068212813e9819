import type { DefineRoute } from '@levels/shared/server/api/route.ts'
import { objectId, pageLimit, wholeNumber } from '@levels/shared/server/api/untrusted.ts'
import { idempotencyHeaders } from '@levels/shared/server/idempotency.ts'
import * as z from 'zod'
import type { Changing } from './changing.ts'
import type { Reading } from './reading.ts'
import { newNotification, type Send } from './send.ts'
import { allRead, notification, notificationPage, notificationTypes, sent } from './shapes.ts'

const listQuery = z.strictObject({
  unread: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
  type: z.enum(notificationTypes).optional(),
  before: wholeNumber(z.int().min(1)).optional(),
  limit: pageLimit(20),
})
const byId = z.strictObject({ id: objectId })

/** The log over REST. */
export function logRoutes(
  route: DefineRoute,
  { reading, changing, send }: { reading: Reading; changing: Changing; send: Send },
): void {
  route('POST /api/notifications', {
    summary: 'Send a notification. With a header Idempotency-Key it can be repeated safely for a day',
    headers: idempotencyHeaders,
    body: newNotification,
    status: 201,
    answer: sent,
    problems: {
      403: 'Only admins may send this type, or to everyone',
      404: 'There is no user of this name',
    },
    handle: ({ caller, body, headers }) => send(caller, body, headers['idempotency-key']),
  })

  route('GET /api/notifications', {
    summary: 'A page of the log, newest first; a page of long ones ends before its limit',
    query: listQuery,
    answer: notificationPage,
    handle: ({ caller, query }) => reading.list(caller.id, query),
  })

  route('DELETE /api/notifications', {
    summary: 'Delete everything that was read',
    query: z.strictObject({ read: z.literal('true') }),
    answer: z.strictObject({ deleted: z.int() }),
    handle: async ({ caller }) => ({ deleted: await changing.removeRead(caller.id) }),
  })

  route('POST /api/notifications/mark-all-read', {
    summary: 'Mark everything read',
    answer: allRead,
    handle: ({ caller }) => changing.markAllRead(caller.id),
  })

  const notYours = { 403: 'It is another user’s', 404: 'There is no such notification' }

  route('GET /api/notifications/:id', {
    summary: 'One notification',
    params: byId,
    answer: notification,
    problems: notYours,
    handle: ({ caller, params }) => reading.one(caller.id, params.id),
  })

  route('PATCH /api/notifications/:id', {
    summary: 'Mark it read or unread',
    params: byId,
    body: z.strictObject({ read: z.boolean() }),
    answer: notification,
    problems: notYours,
    handle: ({ caller, params, body }) => changing.setRead(caller.id, params.id, body.read),
  })

  route('DELETE /api/notifications/:id', {
    summary: 'Delete it',
    params: byId,
    problems: notYours,
    async handle({ caller, params }) {
      await changing.remove(caller.id, params.id)
    },
  })
}
