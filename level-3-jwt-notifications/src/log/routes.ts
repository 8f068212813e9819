import { wholeNumber } from '@levels/shared/server/api/parse.ts'
import type { DefineRoute } from '@levels/shared/server/api/route.ts'
import * as z from 'zod'
import type { Changing } from './changing.ts'
import type { Reading } from './reading.ts'
import { newNotification } from './requests.ts'
import type { Send } from './send.ts'
import { allRead, notification, notificationId, notificationPage, notificationTypes, sent } from './shapes.ts'

const listQuery = z.strictObject({
  unread: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
  type: z.enum(notificationTypes).optional(),
  before: wholeNumber(z.int().min(1)).optional(),
  limit: wholeNumber(z.int().min(1).max(100)).default(20),
})
const bulkDeleteQuery = z.strictObject({ read: z.literal('true') })
const readState = z.strictObject({ read: z.boolean() })
const idempotencyKey = z.string().min(1).max(200)
const byId = z.strictObject({ id: notificationId })

/** The log over REST. */
export function logRoutes(
  route: DefineRoute,
  { reading, changing, send }: { reading: Reading; changing: Changing; send: Send },
): void {
  route({
    method: 'post',
    path: '/api/notifications',
    summary: 'Send a notification. With a header Idempotency-Key it can be repeated safely for a day',
    access: 'user',
    headers: z.object({ 'idempotency-key': idempotencyKey.optional() }),
    body: newNotification,
    status: 201,
    answer: sent,
    problems: {
      403: 'Only admins may send this type, or to everyone',
      404: 'There is no user of this name',
      422: 'The Idempotency-Key was used for another request',
      429: 'Too many notifications: see Retry-After',
    },
    handle: ({ caller, body, headers }) => send(caller, body, headers['idempotency-key']),
  })

  route({
    method: 'get',
    path: '/api/notifications',
    summary: 'A page of the log, newest first; a page of long ones ends before its limit',
    access: 'user',
    query: listQuery,
    status: 200,
    answer: notificationPage,
    handle: ({ caller, query }) => reading.list(caller.id, query),
  })

  route({
    method: 'delete',
    path: '/api/notifications',
    summary: 'Delete everything that was read',
    access: 'user',
    query: bulkDeleteQuery,
    status: 200,
    answer: z.strictObject({ deleted: z.int() }),
    handle: async ({ caller }) => ({ deleted: await changing.removeRead(caller.id) }),
  })

  route({
    method: 'post',
    path: '/api/notifications/mark-all-read',
    summary: 'Mark everything read',
    access: 'user',
    status: 200,
    answer: allRead,
    handle: ({ caller }) => changing.markAllRead(caller.id),
  })

  const notYours = { 403: 'It is another user’s', 404: 'There is no such notification' }

  route({
    method: 'get',
    path: '/api/notifications/:id',
    summary: 'One notification',
    access: 'user',
    params: byId,
    status: 200,
    answer: notification,
    problems: notYours,
    handle: ({ caller, params }) => reading.one(caller.id, params.id),
  })

  route({
    method: 'patch',
    path: '/api/notifications/:id',
    summary: 'Mark it read or unread',
    access: 'user',
    params: byId,
    body: readState,
    status: 200,
    answer: notification,
    problems: notYours,
    handle: ({ caller, params, body }) => changing.setRead(caller.id, params.id, body.read),
  })

  route({
    method: 'delete',
    path: '/api/notifications/:id',
    summary: 'Delete it',
    access: 'user',
    params: byId,
    status: 204,
    problems: notYours,
    async handle({ caller, params }) {
      await changing.remove(caller.id, params.id)
    },
  })
}
