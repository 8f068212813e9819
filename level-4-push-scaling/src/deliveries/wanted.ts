import type { Models, NotificationDoc } from '@levels/3-jwt-notifications/src/doors.ts'
import type { Plan } from './types.ts'

/**
 * Those of these notifications that a channel still has to bring: not deleted, not read, and not seen on any of
 * the user's screens. The database alone decides. Asking the instances who is connected would wait for the one that
 * hangs, and a connected socket proves only that nobody has noticed yet that its laptop was closed.
 */
export async function keepWanted(
  { User }: Pick<Models, 'User'>,
  channel: string,
  notifications: readonly NotificationDoc[],
): Promise<NotificationDoc[]> {
  const userIds = [...new Set(notifications.map(({ userId }) => String(userId)))]
  const users = await User.find({ _id: { $in: userIds } }, { deliveredUpTo: 1 }).lean()
  const seenUpTo = new Map(users.map((user) => [String(user._id), user.deliveredUpTo]))
  return notifications.filter((notification) => {
    const seen = seenUpTo.get(String(notification.userId))
    if (seen === undefined || notification.deletedAt) return false
    if (planOf(notification, channel).always) return true
    return !notification.readAt && notification.seq > seen
  })
}

/** What the channel has kept with the notification. */
export function planOf(notification: NotificationDoc, channel: string): Partial<Plan> {
  return notification.channels?.[channel] ?? {}
}
