import type { Models } from '@levels/3-jwt-notifications/src/doors.ts'
import type { Log } from '@levels/shared/server/log.ts'
import type { Model } from 'mongoose'
import type { DeliveryDoc } from '../deliveries/model.ts'
import type { Outcome, QueuedChannel, Target } from '../deliveries/types.ts'
import { loginMail, type Mail } from './mail.ts'
import { judgeMailError } from './outcome.ts'
import type { MailTransport } from './transport.ts'

const NAME = 'email'

/** For all of it: a server that answers each step just in time could otherwise hold a mail for minutes. */
const TIMEOUT_MS = 10_000

const MAILS_AT_ONCE = 2

/** An address is not proven to be its user's: nobody may make us flood a stranger's mailbox. */
const MAX_PER_HOUR = 5

interface ChannelOptions {
  models: Pick<Models, 'User'>
  deliveries: Model<DeliveryDoc>
  transport: MailTransport
  log: Log
}

/** Email as a delivery channel: sign-ins from new devices, to users who have an address. */
export function createEmailChannel({ models, deliveries, transport, log }: ChannelOptions): QueuedChannel {
  const { User } = models

  async function isFlooded(userId: string): Promise<boolean> {
    const hourAgo = new Date(Date.now() - 3_600_000)
    return (await deliveries.countDocuments({ target: userId, createdAt: { $gt: hourAgo } })) >= MAX_PER_HOUR
  }

  async function send(mail: Mail): Promise<Outcome> {
    try {
      await withinTime(transport.send(mail))
      return { kind: 'sent' }
    } catch (error) {
      const { outcome, misconfigured } = judgeMailError(transport.service, error)
      if (misconfigured) log.error(`Email: ${transport.service} rejects this server. Check SMTP_URL.`)
      return outcome
    }
  }

  return {
    name: NAME,
    attemptMs: TIMEOUT_MS,
    perLane: MAILS_AT_ONCE,

    plan({ type, from, createdAt }) {
      // Only what the system itself says: users may send themselves any type, with words of their own.
      if (type !== 'login.new' || from !== undefined) return undefined
      return { dueAt: new Date(createdAt), always: true }
    },

    async targets(due) {
      const users = await User.find({ _id: { $in: due.map(({ userId }) => userId) } }, { email: 1 }).lean()
      const targets: Target[] = []
      for (const notification of due) {
        const user = users.find(({ _id }) => _id.equals(notification.userId))
        const id = String(notification.userId)
        if (!user?.email || (await isFlooded(id))) continue
        targets.push({ notification, id, lane: transport.service })
      }
      return targets
    },

    async prepare(batch) {
      const ids = batch.map(({ delivery }) => delivery.userId)
      const users = await User.find({ _id: { $in: ids } }, { email: 1, username: 1 }).lean()
      return batch.map(({ notification, delivery }) => async () => {
        const user = users.find(({ _id }) => _id.equals(delivery.userId))
        if (!notification || !user?.email)
          return { kind: 'cancelled', reason: 'There is no address (any more).' }
        const mail = loginMail(user.email, user.username, notification)
        return send(mail)
      })
    },

    // Mails are few and their connections last seconds: nothing to break off.
    close: () => undefined,
  }
}

async function withinTime(sending: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, TIMEOUT_MS, Object.assign(new Error(), { code: 'ETIMEDOUT' }))
  })
  await Promise.race([sending, late]).finally(() => clearTimeout(timer))
}
