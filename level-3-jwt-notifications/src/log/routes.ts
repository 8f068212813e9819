import { parse } from '@levels/shared/server/api/parse.ts'
import type { DefineRoute } from '@levels/shared/server/api/route.ts'
import * as z from 'zod'
import { allReadAnswer, deletedAnswer, notificationAnswer, notificationPage, sentAnswer } from '../answers.ts'
import {
  bulkDeleteQuery,
  idempotencyKey,
  listQuery,
  newNotification,
  objectId,
  readState,
} from '../schemas.ts'
import type { Changing } from './changing.ts'
import type { Reading } from './reading.ts'
import type { Send } from './send.ts'

const byId = z.strictObject({ id: objectId })

/** The log over REST. */
export function notificationRoutes(
  route: DefineRoute,
  { reading, changing, send }: { reading: Reading; changing: Changing; send: Send },
): void {
  route({
    method: 'post',
    path: '/api/notifications',
    summary: 'Send a notification. With a header Idempotency-Key it can be repeated safely for a day',
    access: 'user',
    body: newNotification,
    status: 201,
    answer: sentAnswer,
    handle({ caller, body, req }) {
      return send(caller, body, parse(idempotencyKey.optional(), req.get('idempotency-key')))
    },
  })

  route({
    method: 'get',
    path: '/api/notifications',
    summary: 'A page of the log, newest first',
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
    answer: deletedAnswer,
    handle: async ({ caller }) => ({ deleted: await changing.removeRead(caller.id) }),
  })

  route({
    method: 'post',
    path: '/api/notifications/mark-all-read',
    summary: 'Mark everything read',
    access: 'user',
    status: 200,
    answer: allReadAnswer,
    handle: ({ caller }) => changing.markAllRead(caller.id),
  })

  route({
    method: 'get',
    path: '/api/notifications/:id',
    summary: 'One notification',
    access: 'user',
    params: byId,
    status: 200,
    answer: notificationAnswer,
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
    answer: notificationAnswer,
    handle: ({ caller, params, body }) => changing.setRead(caller.id, params.id, body.read),
  })

  route({
    method: 'delete',
    path: '/api/notifications/:id',
    summary: 'Delete it',
    access: 'user',
    params: byId,
    status: 204,
    async handle({ caller, params }) {
      await changing.remove(caller.id, params.id)
    },
  })
}
