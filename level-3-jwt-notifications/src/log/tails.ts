import type { Types } from 'mongoose'
import { BoundedMap } from '../bounded-map.ts'
import type { Models, NotificationDoc } from '../models.ts'
import { readEnds } from './ends.ts'

/** How many users' ends of log are remembered. */
const REMEMBERED = 100_000

/**
 * Where each user's log ends, as far as this instance knows. Only a guess: another instance may have written since.
 * A wrong guess costs one refused insert, never a wrong number.
 */
export function createTails(models: Models) {
  const known = new BoundedMap<string, number>(REMEMBERED)

  /** The end of each of these logs; absent for an empty one. The unknown ones are read with one query. */
  async function read(userIds: readonly Types.ObjectId[]): Promise<Map<string, number>> {
    const ends = new Map<string, number>()
    const unknown = new Map<string, Types.ObjectId>()
    for (const userId of userIds) {
      const user = userId.toHexString()
      const end = known.get(user)
      if (end === undefined) unknown.set(user, userId)
      else ends.set(user, end)
    }
    for (const [user, end] of await readEnds(models, [...unknown.values()])) ends.set(user, end)
    return ends
  }

  return {
    read,
    advance(stored: readonly NotificationDoc[]): void {
      for (const { userId, seq } of stored) known.set(userId.toHexString(), seq)
    },
    forget(userIds: readonly Types.ObjectId[]): void {
      for (const userId of userIds) known.delete(userId.toHexString())
    },
  }
}
