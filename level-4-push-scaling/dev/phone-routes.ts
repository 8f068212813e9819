import type { DefineRoute } from '@levels/3-jwt-notifications/src/doors.ts'
import type { Env } from '@levels/shared/server/config.ts'
import { HttpError } from '@levels/shared/server/respond.ts'
import * as z from 'zod'
import { phoneAnswers } from '../client/phone-shapes.ts'

const id = z.strictObject({ id: z.uuid() })
const keys = z.object({ p256dh: z.string(), auth: z.string() })
const made = z.object({ id: z.uuid(), subscription: z.object({ endpoint: z.string(), keys }) })
const answer = z.enum(phoneAnswers)
const received = z.object({
  at: z.string(),
  answer,
  headers: z.object({
    ttl: z.number(),
    urgency: z.string(),
    topic: z.string().optional(),
    bytes: z.number(),
  }),
  vapid: z.string(),
  encrypted: z.string(),
  text: z.string().optional(),
})
const state = z.object({ answer, received: z.array(received) })

/** How the page makes a practice phone and looks at it. Only where the cluster has started them: in development. */
export function phoneRoutes(
  route: DefineRoute,
  { PRACTICE_PHONES: url, PRACTICE_PHONES_SECRET: secret }: Env,
) {
  if (!url || !secret) return
  const ask = async (method: string, path: string, body?: object) => {
    const options = { method, headers: { 'x-secret': secret }, ...(body && { body: JSON.stringify(body) }) }
    const response = await fetch(url + path, options)
    if (response.status === 404)
      throw new HttpError(404, 'not_found', 'There is no such practice phone any more: add a new one.')
    return response.json()
  }

  route('POST /api/dev/phones', {
    summary: 'A practice phone, to be subscribed like any browser (development only)',
    body: z.strictObject({ publicKey: z.string().max(100) }),
    status: 201,
    answer: made,
    handle: async ({ body }) => made.parse(await ask('POST', '/phones', body)),
  })
  route('GET /api/dev/phones/:id', {
    summary: 'What reached a practice phone (development only)',
    access: 'public',
    params: id,
    answer: state,
    handle: async ({ params }) => state.parse(await ask('GET', `/phones/${params.id}`)),
  })
  route('PUT /api/dev/phones/:id', {
    summary: "What a practice phone's push service answers from now on (development only)",
    params: id,
    body: z.strictObject({ answer }),
    answer: state,
    handle: async ({ params, body }) => state.parse(await ask('PUT', `/phones/${params.id}`, body)),
  })
}
