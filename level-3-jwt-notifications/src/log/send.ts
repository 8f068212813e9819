import { createHash } from 'node:crypto'
import { actionUrl, metadata, text } from '@levels/shared/server/api/untrusted.ts'
import type { Caller } from '@levels/shared/server/caller.ts'
import { HttpError } from '@levels/shared/server/http-error.ts'
import type { IdempotencyKeys } from '@levels/shared/server/idempotency.ts'
import type { Limited } from '@levels/shared/server/limits.ts'
import * as z from 'zod'
import type { Publish } from './publish.ts'
import { notificationTypes, type Sent } from './shapes.ts'

/** What a user sends. Strict, like everything that comes in: a field we do not know is an error, `__proto__` included. */
export const newNotification = z.strictObject({
  to: z.string().min(1).max(100).describe('A username, "me", or "*" for everyone (admins only)'),
  type: z.enum(notificationTypes).default('message'),
  title: text.trim().min(1).max(200),
  message: text.trim().min(1).max(2_000),
  actionUrl: actionUrl.optional(),
  metadata: metadata.optional(),
})
export type NewNotification = z.output<typeof newNotification>

/** The users that can be written to; the caller's own. */
export interface Recipients {
  /** Throws HttpError 404 `user_not_found`. */
  named(username: string): Promise<{ id: string }>
  /** Everyone who was registered by then. */
  allIds(by: Date): Promise<string[]>
}

export interface SendParts {
  publish: Publish
  recipients: Recipients
  keys: IdempotencyKeys
  limited: Limited
}

/** How many users a broadcast goes to at a time. */
const BATCH = 1_000

export type Send = ReturnType<typeof createSend>

/** Lets a user send: who may send what to whom, how much, and a repeated request only once. */
export function createSend({ publish, recipients, keys, limited }: SendParts) {
  /**
   * One notification or, for everyone, to how many. Throws HttpError 403 for what this user may not send, 404 for an
   * unknown recipient, 422 for an idempotency key that was used for another request, 429 for too many.
   */
  return (sender: Caller, request: NewNotification, key: string | undefined) =>
    limited(sender.id, () => send(sender, request, key))

  async function send(sender: Caller, request: NewNotification, key: string | undefined): Promise<Sent> {
    const to = await recipientOf(sender, request)
    const { to: _, ...content } = request
    // The same request gets the same id, whichever instance takes it, and the log stores an id once.
    const reserved = key === undefined ? undefined : await keys.reserve(sender.id, key, request)
    const chosen = reserved?.notificationId
    const publicationFor = (userId: string) => ({ ...content, userId, from: sender.username })

    if (to !== 'everyone') {
      const [stored] = await publish([{ ...publicationFor(to), id: chosen }])
      if (!stored) throw new Error('nothing was stored')
      // Of a repeat, too: what the recipient did with it meanwhile (read it, deleted it) is not the sender's to know.
      const { id, seq, createdAt } = stored.notification
      return { id, seq, ...content, from: sender.username, createdAt }
    }
    // Everyone is whoever was there when it was first asked for: a repeat reaches nobody new.
    const userIds = await recipients.allIds(reserved?.createdAt ?? new Date())
    for (let start = 0; start < userIds.length; start += BATCH) {
      const toOne = (userId: string) => ({ ...publicationFor(userId), id: chosen && idFor(chosen, userId) })
      await publish(userIds.slice(start, start + BATCH).map(toOne))
    }
    return { recipients: userIds.length }
  }

  /** The recipient's id, or everyone. */
  async function recipientOf(sender: Caller, { to, type }: NewNotification): Promise<string> {
    const isAdmin = sender.role === 'admin'
    if (to === '*') {
      if (isAdmin) return 'everyone'
      throw new HttpError(403, 'admins_only', 'Only an admin may write to everyone.')
    }
    const userId = to === 'me' ? sender.id : (await recipients.named(to)).id
    if (type === 'message' || isAdmin || userId === sender.id) return userId
    throw new HttpError(403, 'type_not_allowed', `To others you may send "message", not "${type}".`)
  }
}

/** One user's id within a broadcast: the same for the same broadcast, so that a repeat finds what is stored. */
function idFor(broadcastId: string, userId: string): string {
  const hash = createHash('sha256').update(broadcastId).update(userId).digest('hex')
  return broadcastId.slice(0, 8) + hash.slice(0, 16) // an ObjectId begins with the time
}
