import type { Types } from 'mongoose'
import type { Models } from '../models.ts'

/** Where these users' logs end, by user id, read with one query; an empty log is absent. */
export async function readEnds(
  { Notification }: Pick<Models, 'Notification'>,
  userIds: readonly Types.ObjectId[],
): Promise<Map<string, number>> {
  const [only] = userIds
  if (!only) return new Map()
  if (userIds.length === 1) {
    const last = await Notification.findOne({ userId: only }, { seq: 1 }).sort({ seq: -1 }).lean()
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
