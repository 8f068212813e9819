import type { Caller, DefineRoute } from '@levels/shared/server/api/route.ts'
import * as z from 'zod'
import type { PublishKeys } from './keys.ts'
import { madeKey, publishKey } from './sessions/shapes.ts'

const newKey = z.strictObject({
  name: z.string().trim().min(1).max(50).describe('What the key is for'),
})

/** The keys over REST. */
export function keyRoutes(route: DefineRoute, keys: PublishKeys): void {
  route('POST /api/keys', {
    summary: 'Make a key with which a program publishes in your name; it is shown this once',
    body: newKey,
    status: 201,
    answer: madeKey,
    problems: { 409: 'There are too many keys' },
    handle: ({ caller, body }) => keys.make(caller.id, body.name),
  })

  route('GET /api/keys', {
    summary: 'Your keys for programs',
    answer: z.object({ items: z.array(publishKey) }),
    handle: async ({ caller }) => ({ items: await keys.list(caller.id) }),
  })

  route('DELETE /api/keys/:id', {
    summary: 'Revoke a key',
    params: z.strictObject({ id: z.string().regex(/^[0-9a-f]{24}$/i, 'must be the id of a key') }),
    handle: ({ caller, params }) => keys.revoke(caller.id, params.id),
  })
}

const text = z.string().trim().min(1)

/** Sends a message, as `POST /api/notifications` does. */
type Send = (
  sender: Caller,
  request: { to: string; type: 'message'; title: string; message: string },
  idempotencyKey: string | undefined,
) => Promise<unknown>

/** For programs and shell scripts: a key, a name in the path, and the text as it is. */
export function publishRoute(route: DefineRoute, send: Send, answer: z.ZodType): void {
  route('POST /api/publish/:to', {
    summary: 'Send text as a message. For programs, with a key from POST /api/keys',
    access: 'program',
    params: z.strictObject({ to: z.string().min(1).max(100).describe('A username, or "me"') }),
    query: z.strictObject({ title: text.max(200).optional() }),
    headers: z.object({
      'idempotency-key': z
        .string()
        .min(1)
        .max(200)
        .optional()
        .describe('The same key within a day gives the same notification, once'),
    }),
    bodyType: 'text',
    body: text.max(2_000).refine((value) => value.isWellFormed(), 'must be well-formed Unicode'),
    status: 201,
    answer,
    problems: { 422: 'The Idempotency-Key was used for another request' },
    handle({ caller, params, query, headers, body }) {
      const title = query.title ?? `Message from ${caller.username}`
      return send(
        caller,
        { to: params.to, type: 'message', title, message: body },
        headers['idempotency-key'],
      )
    },
  })
}
