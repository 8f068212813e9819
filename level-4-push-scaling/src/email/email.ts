import { within } from '@levels/shared/server/within.ts'
import type { Types } from 'mongoose'
import type { DueNotification, Log, Outcome, QueuedChannel, Target } from '../channel.ts'
import type { Mail, MailTransport } from './transport.ts'

const CHANNEL = 'email'

/** For all of it: a server that answers each step just in time could otherwise hold a mail for minutes. */
const TIMEOUT_MS = 10_000
const MAILS_AT_ONCE = 2
/** An address is not proven to be its user's: nobody may make us flood a stranger's mailbox. */
const MAX_PER_HOUR = 5

export interface Addressee {
  username: string
  email?: string | null | undefined
}

export interface EmailOptions {
  addressees(userIds: Types.ObjectId[]): Promise<ReadonlyMap<string, Addressee>>
  /** How many deliveries of this channel to this target were made since then. */
  countSince(channel: string, target: string, since: Date): Promise<number>
  transport: MailTransport
  /** Where visitors open the page: `https://app.example.com`. Absent: no links. */
  publicUrl?: string
  log: Log
}

/** The heart of the chapter: email as a delivery channel. Sign-ins from new devices, to users who have an address. */
export function createEmailChannel(options: EmailOptions): QueuedChannel {
  const { addressees, countSince, transport, publicUrl, log } = options

  const countOfHour = (userId: string) => countSince(CHANNEL, userId, new Date(Date.now() - 3_600_000))

  return {
    name: CHANNEL,
    attemptMs: TIMEOUT_MS,
    concurrency: MAILS_AT_ONCE,

    plan({ type, from, createdAt }) {
      // Only what the system itself says: users may send themselves any type, with words of their own.
      if (type !== 'login.new' || from !== undefined) return undefined
      return { dueAt: new Date(createdAt), always: true }
    },

    async targets(due) {
      const users = await addressees(due.map(({ userId }) => userId))
      const counts = new Map<string, number>() // those of this batch, too: they are not stored yet
      const targets: Target[] = []
      for (const notification of due) {
        const id = String(notification.userId)
        const count = counts.get(id) ?? (await countOfHour(id))
        if (!users.get(id)?.email || count >= MAX_PER_HOUR) continue
        counts.set(id, count + 1)
        targets.push({ notification, id, service: transport.service })
      }
      return targets
    },

    async prepare(batch) {
      const users = await addressees(batch.map(({ delivery }) => delivery.userId))
      return batch.map(({ notification, delivery }) => async () => {
        const user = users.get(String(delivery.userId))
        if (!notification || !user?.email)
          return { kind: 'cancelled', reason: 'There is no address (any more).' }
        return send(loginMail(user, notification, publicUrl))
      })
    },

    // Mails are few and their connections last seconds: nothing to break off.
    close: () => undefined,
  }

  async function send(mail: Mail): Promise<Outcome> {
    try {
      await within(TIMEOUT_MS, transport.send(mail), Object.assign(new Error(), { code: 'ETIMEDOUT' }))
      return { kind: 'sent' }
    } catch (error) {
      const { outcome, misconfigured } = judgeMailError(transport.service, error)
      if (misconfigured) log.error(`Email: ${transport.service} rejects this server. Check SMTP_URL.`)
      return outcome
    }
  }
}

/** The mail about a sign-in from a new device. Plain text: what says "look out" should not look like advertising. */
function loginMail(user: Addressee, { _id, metadata, createdAt }: DueNotification, publicUrl?: string): Mail {
  const { username, email } = user
  const at = createdAt.toISOString().replace('T', ' ').slice(0, 16)
  return {
    to: email ?? '',
    subject: 'New sign-in to your account',
    text: [
      `Hello ${username},`,
      'your account was used to sign in from a device we have not seen before:',
      [`  Device:   ${metadata?.device}`, `  Address:  ${metadata?.ip}`, `  Time:     ${at} UTC`].join('\n'),
      'If this was you, there is nothing to do.',
      'If not: open your devices in the app, sign that one out, and change your password.',
      ...(publicUrl ? [`Your devices: ${publicUrl}/#devices\nYour password: ${publicUrl}/#password`] : []),
    ].join('\n\n'),
    messageId: `<${_id.toHexString()}@login-alert.invalid>`, // the same every time: a mailbox may drop a second copy
  }
}

/** nodemailer's codes for what no later attempt cures: the account, or the settings. */
const OUR_FAULT = ['EAUTH', 'ENOAUTH', 'EOAUTH2', 'ECONFIG']

/**
 * What an error of nodemailer means. SMTP servers say it themselves (RFC 5321 section 4.2.1): 5yz is a final no, 4yz
 * asks to come again; without an answer it is worth another try. `misconfigured`: the server rejects us, not this mail.
 */
function judgeMailError(service: string, error: unknown): { outcome: Outcome; misconfigured: boolean } {
  const { code, responseCode } = error as { code?: string; responseCode?: number }
  // Not the text of an answer: it often repeats the address it is about.
  const what = responseCode ? `answered ${responseCode}` : (code ?? 'cannot be reached')
  const reason = `${service}: ${what}`
  const misconfigured = OUR_FAULT.includes(code ?? '')
  const final = misconfigured || (responseCode ?? 0) >= 500
  return { outcome: { kind: final ? 'failed' : 'retry', reason }, misconfigured }
}
