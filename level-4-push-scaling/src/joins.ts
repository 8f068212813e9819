import type { EventEmitter } from 'node:events'
import { isIP } from 'node:net'
import {
  alwaysOn,
  createReading,
  type Models,
  type Publish,
  type SignInEvents,
} from '@levels/3-jwt-notifications/src/doors.ts'
import { deviceName } from '@levels/shared/device-name.ts'
import type { Types } from 'mongoose'
import { type DueNotification, type Log, planOf, type QueuedChannel } from './channel.ts'

/** What level 4's chapters ask of level 3's database. They take these as functions, and know no other model. */
export function createReaders({ Notification, Preferences, User }: Models) {
  const reading = createReading(Notification)

  /**
   * Those that a channel still has to bring: not deleted, not turned off by the user, not read, not seen on any screen.
   * The database alone decides: to ask who is connected would wait for an instance that hangs, and a socket does not
   * prove that somebody looks.
   */
  async function stillWanted(
    channel: QueuedChannel['name'],
    due: DueNotification[],
  ): Promise<DueNotification[]> {
    const ofThem = { _id: { $in: [...new Set(due.map(({ userId }) => String(userId)))] } }
    const [users, preferences] = await Promise.all([
      User.find(ofThem, { deliveredUpTo: 1 }).lean(),
      Preferences.find(ofThem).lean(),
    ])
    const seenUpTo = new Map(users.map((user) => [String(user._id), user.deliveredUpTo]))
    const preferencesOf = new Map(preferences.map((stored) => [String(stored._id), stored]))

    /** By type, and by time. */
    function isTurnedOff({ userId, type }: DueNotification): boolean {
      const stored = preferencesOf.get(String(userId))
      if (!stored || alwaysOn.some((always) => always === type)) return false
      const isMuted = stored.mutedUntil !== undefined && stored.mutedUntil.getTime() > Date.now()
      return isMuted || stored.off[channel].some((off) => off === type)
    }

    return due.filter((notification) => {
      const seen = seenUpTo.get(String(notification.userId))
      if (seen === undefined || notification.deletedAt || isTurnedOff(notification)) return false
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
    return new Map(users.map((user) => [String(user._id), user]))
  }

  return { stillWanted, countUnread, addressees }
}

/**
 * Tells a user about each sign-in from a new device. It is a notification like any other, so the socket brings it to
 * the user's open pages; push and email have plans of their own for its type.
 */
export function sendLoginAlerts(signIns: EventEmitter<SignInEvents>, publish: Publish, log: Log): void {
  signIns.on('sign-in', ({ userId, sid, userAgent, newDevice, ...from }) => {
    if (!newDevice) return
    const ip = isIP(from.ip) ? from.ip : 'unknown' // behind a misconfigured proxy it is whatever the client wrote
    const device = deviceName(userAgent)
    const alert = {
      userId,
      type: 'login.new' as const,
      title: 'New sign-in to your account',
      message: `${device}, address ${ip}. If this was not you, sign that device out and change your password.`,
      actionUrl: '/#devices',
      metadata: { ip, device, sessionId: sid },
    }
    publish([alert]).catch((error: unknown) => log.warn(`A login alert could not be stored: ${error}`))
  })
}
