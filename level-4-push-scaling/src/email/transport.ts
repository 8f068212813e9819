import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import nodemailer from 'nodemailer'
import type { Log } from '../channel.ts'

export interface Mail {
  /** One bare address. */
  to: string
  subject: string
  text: string
  messageId: string
}

export interface MailTransport {
  /** Who takes the mails, for the records: a host, or `outbox`. */
  readonly service: string
  /** Resolves when the mail is taken. Rejects with nodemailer's error. */
  send(mail: Mail): Promise<void>
}

export interface MailSettings {
  /** Absent: mails are written to files in `<dataDir>/outbox`. */
  smtpUrl?: string
  mailFrom: string
  dataDir: string
  /** For each step: connecting, the greeting, silence in between; 5 s by default. nodemailer's own are up to 10 minutes. */
  stepTimeoutMs?: number
}

/** Over SMTP where there is a server for it, else into files. */
export function createMailTransport(settings: MailSettings, log: Log): MailTransport {
  const { smtpUrl, mailFrom, dataDir, stepTimeoutMs = 5_000 } = settings
  if (smtpUrl === undefined) return createOutbox(path.join(dataDir, 'outbox'), mailFrom, log)
  const transport = nodemailer.createTransport({
    url: smtpUrl,
    connectionTimeout: stepTimeoutMs,
    greetingTimeout: stepTimeoutMs,
    socketTimeout: stepTimeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    service: new URL(smtpUrl).hostname,
    send: async (mail) => void (await transport.sendMail(messageOf(mail, mailFrom))),
  }
}

/** Files that any mail program opens. The log says where. */
function createOutbox(folder: string, from: string, log: Log): MailTransport {
  const transport = nodemailer.createTransport({ streamTransport: true, buffer: true })
  return {
    service: 'outbox',
    async send(mail) {
      const { message } = await transport.sendMail(messageOf(mail, from))
      await mkdir(folder, { recursive: true })
      const name = `${new Date().toISOString().replaceAll(':', '-')}-${mail.messageId.slice(1, 25)}.eml`
      const file = path.join(folder, name)
      await writeFile(file, message, { mode: 0o600 })
      log.info(`Mail "${mail.subject}" written to ${path.relative('', file)} (SMTP_URL is not set)`)
    },
  }
}

/** As an object, an address is one address: as text, `a@b.example, c@d.example` would be two. */
function messageOf({ to, ...mail }: Mail, from: string) {
  return { ...mail, from, to: { name: '', address: to } }
}
