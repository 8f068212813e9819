import { HttpError } from '@levels/shared/server/respond.ts'
import mongoose from 'mongoose'
import { BoundedMap } from '../bounded-map.ts'
import { isDuplicateKey, type Models, type NotificationDoc } from '../models.ts'
import { createTails } from './tails.ts'

/** An entry on its way into a log: everything but its number. */
export type Unnumbered = Omit<NotificationDoc, 'seq'>

interface Waiting {
  entry: Unnumbered
  resolve(stored: NotificationDoc): void
  reject(error: unknown): void
}

export type Log = ReturnType<typeof createLog>

/** How many entries one insert takes. */
const ROUND_SIZE = 1_000
/** Of how many entries it is remembered that `onStored` heard of them. */
const REMEMBERED = 100_000
/** How often in a row other instances may take every number first, before we tell the sender to try again. */
const MAX_FRUITLESS_ROUNDS = 50

/**
 * The log: each user's notifications numbered 1, 2, 3 … without a gap, so that "I have seen everything up to 7"
 * says it all. Three rules make it so:
 *
 * 1. **A number is taken only by the insert that uses it.** There is no counter to increment first: a crash between
 *    the counter and the insert would leave a hole that clients wait for, forever.
 * 2. **The unique index `{ userId, seq }` decides.** Whoever inserts last + 1 first has it; the other instance is
 *    refused, looks where the log ends now, and tries again.
 * 3. **The insert is ordered:** MongoDB stops at the first entry it refuses, so nothing behind it is stored ahead of it.
 *
 * One insert is under way at a time; whatever arrives meanwhile waits and goes in together in the next (databases
 * call it group commit): under load a round trip carries many entries, and this process never races with itself.
 *
 * `onStored` hears of every entry after it was stored, in the order of its user's numbers. Emitting first would be
 * faster and wrong: a client could show what a crash then loses, and its number would go to something else.
 */
export function createLog(models: Models, onStored: (stored: NotificationDoc[]) => void) {
  const { Notification } = models
  const tails = createTails(models)
  const waiting: Waiting[] = []
  const told = new BoundedMap<string, true>(REMEMBERED)
  let writing = false
  let fruitless = 0

  /**
   * Stores the entries and gives them back numbered. An entry whose `_id` is stored already is not stored again: what
   * is stored comes back. Throws when the database is away; what was not acknowledged may then be stored or not.
   */
  function append(entries: readonly Unnumbered[]): Promise<NotificationDoc[]> {
    const stored = entries.map(
      (entry) => new Promise<NotificationDoc>((resolve, reject) => waiting.push({ entry, resolve, reject })),
    )
    if (!writing) void writeAll()
    return Promise.all(stored)
  }

  async function writeAll(): Promise<void> {
    writing = true
    while (waiting.length > 0) {
      const round = waiting.splice(0, ROUND_SIZE)
      try {
        const rest = await writeRound(round)
        waiting.unshift(...rest)
      } catch (error) {
        // Whether the entries are in is unknown, and so is where the logs end. Those in line would wait just as long
        // for the same error: they get it now.
        tails.forget(round.map(({ entry }) => entry.userId))
        for (const { reject } of [...round, ...waiting.splice(0)]) reject(error)
      }
    }
    writing = false
  }

  /** Stores what it can in one insert and returns what has to try again. */
  async function writeRound(round: Waiting[]): Promise<Waiting[]> {
    const documents = await number(round)
    const { count, refused } = await insertInOrder(documents)
    const stored = documents.slice(0, count)
    tails.advance(stored)
    if (stored.length > 0) tell(stored)
    stored.forEach((document, index) => void round[index]?.resolve(document))
    if (!refused) return []

    fruitless = count > 0 ? 0 : fruitless + 1
    if (fruitless > MAX_FRUITLESS_ROUNDS) {
      fruitless = 0
      throw new HttpError(503, 'busy', 'Too many notifications for one user at once: try again.')
    }
    const rest = round.slice(count)
    const existing = await Notification.findById(refused._id).lean()
    if (existing) {
      // Its insert may have succeeded while the answer got lost, here or on an instance that has died since. Then
      // nobody was told; told twice, clients know it by its id.
      if (!existing.deletedAt && !told.get(existing._id.toHexString())) tell([existing])
      rest.shift()?.resolve(existing)
    }
    // Someone else's insert was first. They are probably ahead in the logs of the others, too.
    tails.forget(rest.map(({ entry }) => entry.userId))
    return rest
  }

  function tell(stored: NotificationDoc[]): void {
    for (const { _id } of stored) told.set(_id.toHexString(), true)
    onStored(stored)
  }

  /** Gives each entry the number after the last one of its user's log. */
  async function number(round: Waiting[]): Promise<NotificationDoc[]> {
    const next = await tails.read(round.map(({ entry }) => entry.userId))
    return round.map(({ entry }) => {
      const user = entry.userId.toHexString()
      const seq = (next.get(user) ?? 0) + 1
      next.set(user, seq)
      return { ...entry, seq }
    })
  }

  /**
   * How many were stored, and the one that was refused because its number (or its id) was taken, if any. With the
   * driver's own methods: mongoose would validate and copy each document that this program has just made itself.
   */
  async function insertInOrder(documents: NotificationDoc[]) {
    const [only] = documents
    try {
      if (only && documents.length === 1) await Notification.collection.insertOne(only)
      else await Notification.collection.insertMany(documents, { ordered: true })
      return { count: documents.length }
    } catch (error) {
      if (!isDuplicateKey(error)) throw error
      const count = error instanceof mongoose.mongo.MongoBulkWriteError ? error.insertedCount : 0
      return { count, refused: documents[count] }
    }
  }

  return { append }
}
