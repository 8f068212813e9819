import type { NotificationDoc } from '@levels/3-jwt-notifications/src/doors.ts'

/** A mail to one person. */
export interface Mail {
  /** One bare address. */
  to: string
  subject: string
  text: string
  /** The same every time it is tried, so that a mailbox may drop a second copy. */
  messageId: string
}

/** The mail about a sign-in from a new device. Plain text: what says "look out" should not look like advertising. */
export function loginMail(to: string, username: string, { _id, metadata, createdAt }: NotificationDoc): Mail {
  const at = createdAt.toISOString().replace('T', ' ').slice(0, 16)
  return {
    to,
    subject: 'New sign-in to your account',
    text: [
      `Hello ${username},`,
      'your account was used to sign in from a device we have not seen before:',
      [`  Device:   ${metadata?.device}`, `  Address:  ${metadata?.ip}`, `  Time:     ${at} UTC`].join('\n'),
      'If this was you, there is nothing to do.',
      'If not: open your devices in the app, sign that one out, and change your password.',
    ].join('\n\n'),
    messageId: `<${_id.toHexString()}@login-alert.invalid>`,
  }
}
