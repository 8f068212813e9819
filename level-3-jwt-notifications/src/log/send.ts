import { createHash } from 'node:crypto'
import type { Caller } from '@levels/shared/server/api/route.ts'
import { HttpError } from '@levels/shared/server/respond.ts'
import type * as z from 'zod'
import type { Notification } from '../events.ts'
import type { newNotification } from '../schemas.ts'
import type { People } from '../sessions/people.ts'
import type { IdempotencyKeys } from './idempotency.ts'
import type { Publish } from './publish.ts'

export type NewNotification = z.output<typeof newNotification>
/** One notification, or, for everyone, to how many. */
export type Sent = Notification | { recipients: number }

/** How many users a broadcast goes to at a time. */
const BATCH = 1_000

export type Send = ReturnType<typeof createSend>

/** Lets a user send: who may send what to whom, and a repeated request only once. */
export function createSend(publish: Publish, people: People, keys: IdempotencyKeys) {
  /**
   * Throws HttpError 403 for what this user may not send, 404 for an unknown recipient, 422 for an idempotency key that
   * was used for another request.
   */
  return async (sender: Caller, request: NewNotification, key: string | undefined): Promise<Sent> => {
    const recipients = await recipientsOf(sender, request)
    const { to: _, ...content } = request
    // The same request gets the same id, whichever instance takes it, and the log stores an id once.
    const claim = key === undefined ? undefined : await keys.claim(sender.id, key, request)
    const chosen = claim?.notificationId
    const publicationFor = (userId: string) => ({ ...content, userId, from: sender.username })

    if (recipients !== 'everyone') {
      const [stored] = await publish([{ ...publicationFor(recipients), id: chosen }])
      if (!stored) throw new Error('nothing was stored')
      // Of a repeat, too: what the recipient did with it meanwhile (read it, deleted it) is not the sender's to know.
      const { id, seq, createdAt } = stored.notification
      return { id, seq, ...content, from: sender.username, createdAt }
    }
    // Everyone is whoever was there when it was first asked for: a repeat reaches nobody new.
    const userIds = await people.allIds(claim?.createdAt ?? new Date())
    for (let start = 0; start < userIds.length; start += BATCH) {
      const batch = userIds.slice(start, start + BATCH)
      await publish(
        batch.map((userId) => ({ ...publicationFor(userId), id: chosen && idFor(chosen, userId) })),
      )
    }
    return { recipients: userIds.length }
  }

  /** The recipient's id, or everyone. */
  async function recipientsOf(sender: Caller, { to, type }: NewNotification): Promise<string | 'everyone'> {
    const admin = sender.role === 'admin'
    if (to === '*') {
      if (admin) return 'everyone'
      throw new HttpError(403, 'admins_only', 'Only an admin may write to everyone.')
    }
    const userId = to === 'me' ? sender.id : (await people.named(to)).id
    if (type === 'message' || admin || userId === sender.id) return userId
    throw new HttpError(403, 'type_not_allowed', `To others you may send "message", not "${type}".`)
  }
}

/** One user's id within a broadcast: the same for the same broadcast, so that a repeat finds what is stored. */
function idFor(broadcastId: string, userId: string): string {
  const hash = createHash('sha256').update(broadcastId).update(userId).digest('hex')
  return broadcastId.slice(0, 8) + hash.slice(0, 16) // an ObjectId begins with the time
}
