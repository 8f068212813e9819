import {
  type ChannelName,
  createReading,
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
  const asked = notificationTypes.map(async (type) => {
    const ofType = due.filter((notification) => notification.type === type)
    const users = [...new Set(ofType.map(({ userId }) => String(userId)))]
    const allowed = users.length > 0 ? await preferences.allowing(users, channel, type) : new Set<string>()
    return ofType.filter(({ userId }) => allowed.has(String(userId)))
  })
  const allowed = new Set((await Promise.all(asked)).flat())
  return due.filter((notification) => allowed.has(notification))
}

/** What level 4's chapters ask of level 3's database. They take these as functions, and know no other model. */
export function createReaders({ Notification, User }: Models) {
  const reading = createReading(Notification)

  /**
   * Those that a channel still has to bring: not deleted, not read, not seen on any screen. The database alone decides: to
   * ask who is connected would wait for the instance that hangs, and a socket does not prove that somebody looks.
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

  /** Each user's, with level 3's bound: a long log must not keep everybody's messages waiting. */
  async function countUnread(userIds: Types.ObjectId[]): Promise<Map<string, number>> {
    const users = [...new Set(userIds.map(String))]
    return new Map(await Promise.all(users.map(async (id) => [id, await reading.countUnread(id)] as const)))
  }

  /** Usernames and mail addresses by user id; those who are gone are left out. */
  async function addressees(userIds: Types.ObjectId[]) {
    const users = await User.find({ _id: { $in: userIds } }, { username: 1, email: 1 }).lean()
    return new Map(
      users.map(({ _id, username, email }) => [String(_id), { username, email: email ?? undefined }]),
    )
  }

  return { stillWanted, countUnread, addressees }
}
