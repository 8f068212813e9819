import {
  type ChannelName,
  type Models,
  notificationTypes,
  type PreferenceStore,
} from '@levels/3-jwt-notifications/src/doors.ts'
import type { Types } from 'mongoose'
import { type DueNotification, planOf } from './channel.ts'

/** Leaves out what its user does not want over this channel: a type that is turned off, or everything for a while. */
export async function withoutRefused(
  preferences: Pick<PreferenceStore, 'allowing'>,
  channel: ChannelName,
  due: DueNotification[],
): Promise<DueNotification[]> {
  const allowed = await Promise.all(
    notificationTypes.map((type) => {
      const ofType = due.filter((notification) => notification.type === type)
      const userIds = [...new Set(ofType.map(({ userId }) => String(userId)))]
      return userIds.length > 0 ? preferences.allowing(userIds, channel, type) : new Set<string>()
    }),
  )
  const allowedFor = new Map<string, ReadonlySet<string>>(
    notificationTypes.map((type, index) => [type, allowed[index] ?? new Set()]),
  )
  return due.filter(({ type, userId }) => allowedFor.get(type)?.has(String(userId)))
}

/** What level 4's chapters ask of level 3's database. They take these as functions, and know no other model. */
export function createReaders({ Notification, Session, User }: Models) {
  /**
   * Those of these notifications that a channel still has to bring: not deleted, not read, and not seen on any of
   * the user's screens. The database alone decides. Asking the instances who is connected would wait for the one that
   * hangs, and a connected socket proves only that its laptop was not closed for long enough to be noticed.
   */
  async function stillWanted(channel: string, due: DueNotification[]): Promise<DueNotification[]> {
    const userIds = [...new Set(due.map(({ userId }) => String(userId)))]
    const users = await User.find({ _id: { $in: userIds } }, { deliveredUpTo: 1 }).lean()
    const seenUpTo = new Map(users.map((user) => [String(user._id), user.deliveredUpTo]))
    return due.filter((notification) => {
      const seen = seenUpTo.get(String(notification.userId))
      if (seen === undefined || notification.deletedAt) return false
      if (planOf(notification, channel).always) return true
      return !notification.readAt && notification.seq > seen
    })
  }

  async function countUnread(userIds: Types.ObjectId[]): Promise<Map<string, number>> {
    const counts = await Notification.aggregate<{ _id: Types.ObjectId; count: number }>([
      { $match: { userId: { $in: userIds }, readAt: null, deletedAt: null } },
      { $group: { _id: '$userId', count: { $sum: 1 } } },
    ])
    return new Map(counts.map(({ _id, count }) => [String(_id), count]))
  }

  async function aliveSessions(sids: string[]): Promise<ReadonlySet<string>> {
    const alive = { _id: { $in: sids }, revokedAt: null, expiresAt: { $gt: new Date() } }
    return new Set((await Session.find(alive, { _id: 1 }).lean()).map(({ _id }) => _id))
  }

  /** Usernames and mail addresses by user id; those who are gone are left out. */
  async function addressees(userIds: Types.ObjectId[]) {
    const users = await User.find({ _id: { $in: userIds } }, { username: 1, email: 1 }).lean()
    return new Map(users.map(({ _id, username, email }) => [String(_id), { username, email }]))
  }

  return { stillWanted, countUnread, aliveSessions, addressees }
}
