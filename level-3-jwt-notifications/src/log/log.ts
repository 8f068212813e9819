import { HttpError } from '@levels/shared/server/http-error.ts'
import { isDuplicateKey } from '@levels/shared/server/mongo-errors.ts'
import mongoose, { type Model, Types } from 'mongoose'
import type { NotificationDoc } from './models.ts'

/** An entry on its way into a log: everything but its number. */
export type Entry = Omit<NotificationDoc, 'seq'>

/** Stores entries and gives them back numbered. */
export type Append = (entries: readonly Entry[]) => Promise<NotificationDoc[]>

/**
 * Where these users' logs end; an empty log is absent. An answer from memory will do, unless it must be `certain`: a wrong
 * one costs one refused insert, never a wrong number.
 */
export type ReadEnds = (userIds: readonly string[], certain: boolean) => Promise<Map<string, number>>

export interface LogParts {
  Notification: Model<NotificationDoc>
  readEnds: ReadEnds
  /** Gets every entry after it was stored, in the order of its user's numbers; a repeated one again. */
  onStored(stored: NotificationDoc[]): void
}

/** The driver would store an absent field as null, which reads as present. */
const ABSENT = { ignoreUndefined: true }

/** How often in a row other instances may take the number first, before the sender has to try again. */
const MAX_REFUSALS = 50

/**
 * The log: each user's notifications are numbered 1, 2, 3 … without a gap. So "I have seen everything up to 7" is all
 * that a page has to say. Three rules make it so:
 *
 * 1. **A number is taken only by the insert that uses it.** There is no counter to increment first: a crash between
 *    the counter and the insert would leave a gap, and clients would wait for that number for ever.
 * 2. **The unique index `{ userId, seq }` decides.** The first insert of a number gets it. A second one, on another
 *    instance, is refused: it reads where the log ends now, and tries again.
 * 3. **The insert is ordered:** MongoDB stops at the first entry it refuses, so no later entry is stored before it.
 *
 * An entry is stored first and sent after (`onStored`). Sent first, a client could show what a crash then loses.
 */
export function createLog({ Notification, readEnds, onStored }: LogParts) {
  /**
   * An entry whose `_id` is stored already is not stored again: what is stored comes back. So an append that failed can
   * be repeated. Throws HttpError 503 `busy` when others were first too often, and the driver's error when the database
   * is away: then what was not returned may be stored or not.
   */
  const append: Append = async (entries) => {
    const result: NotificationDoc[] = []
    let refusals = 0
    while (result.length < entries.length) {
      if (refusals > MAX_REFUSALS)
        throw new HttpError(503, 'busy', 'Too many notifications for one user at once: try again.')
      const rest = entries.slice(result.length)
      const users = rest.map(({ userId }) => userId.toHexString())
      const ends = await readEnds(users, refusals > 0)
      const numbered = rest.map((entry) => ({ ...entry, seq: next(ends, entry.userId) }))
      const count = await insertInOrder(numbered)
      const stored = numbered.slice(0, count)
      if (count > 0) onStored(stored)
      result.push(...stored)

      const refused = numbered[count]
      if (!refused) break
      const existing = await Notification.findById(refused._id).lean()
      if (existing) {
        // Stored before, perhaps by an instance that died before it could send it. Sent twice, clients know it by its id.
        onStored([existing])
        result.push(existing)
      }
      refusals = count > 0 || existing ? 1 : refusals + 1 // in a row: every success begins a new row
    }
    return result
  }

  /** How many were stored before the first one whose number, or id, was taken. */
  async function insertInOrder(documents: NotificationDoc[]): Promise<number> {
    // With the driver's own methods: mongoose would validate and copy what this program has just made itself.
    const { collection } = Notification
    const [only] = documents
    try {
      if (only && documents.length === 1) await collection.insertOne(only, ABSENT)
      else await collection.insertMany(documents, { ...ABSENT, ordered: true })
      return documents.length
    } catch (error) {
      if (!isDuplicateKey(error)) throw error
      return error instanceof mongoose.mongo.MongoBulkWriteError ? error.insertedCount : 0
    }
  }

  return { append }
}

/** The number after the last one of this user's log, which it moves. */
function next(ends: Map<string, number>, userId: Types.ObjectId): number {
  const user = userId.toHexString()
  const seq = (ends.get(user) ?? 0) + 1
  ends.set(user, seq)
  return seq
}

/** Where these users' logs end, read with one query. Always certain. */
export async function readEnds(
  Notification: Model<NotificationDoc>,
  users: readonly string[],
): Promise<Map<string, number>> {
  const userIds = users.map((user) => new Types.ObjectId(user))
  const [only] = userIds
  if (!only) return new Map()
  if (userIds.length === 1) {
    const options = { sort: { seq: -1 }, projection: { seq: 1 } } as const
    const last = await Notification.collection.findOne({ userId: only }, options)
    return new Map(last ? [[only.toHexString(), last.seq]] : [])
  }
  // Sorted like the index, $first lets MongoDB jump from user to user instead of reading whole logs.
  const ends = await Notification.aggregate<{ _id: Types.ObjectId; end: number }>([
    { $match: { userId: { $in: userIds } } },
    { $sort: { userId: 1, seq: -1 } },
    { $group: { _id: '$userId', end: { $first: '$seq' } } },
  ])
  return new Map(ends.map(({ _id, end }) => [_id.toHexString(), end]))
}

/** What came after `cursor`, oldest first, at most `limit` entries, deleted ones included. */
export function readAfter(
  Notification: Model<NotificationDoc>,
  userId: string,
  cursor: number,
  limit: number,
): Promise<NotificationDoc[]> {
  return Notification.find({ userId, seq: { $gt: cursor } })
    .sort({ seq: 1 })
    .limit(limit)
    .lean()
}
