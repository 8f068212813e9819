import {
  type Config as Level3Config,
  readConfig as readLevel3Config,
} from '@levels/3-jwt-notifications/src/doors.ts'
import {
  type Env,
  isUrl,
  mustBringSecrets,
  readAddress,
  readInteger,
  readList,
  StartError,
} from '@levels/shared/server/config.ts'
import type { PushSettings } from './push/index.ts'
import type { VapidKeys } from './push/vapid.ts'

export interface Config extends Level3Config, PushSettings {
  /** This instance's name, on the page and in `/readyz`. */
  instance: string
  /** Absent in development: then the cluster starts a Redis of its own. */
  redisUrl?: string
  /** Absent: mails are written to files in `<dataDir>/outbox`. */
  smtpUrl?: string
  mailFrom: string
  /** Where visitors open the page, for the links in mails. */
  publicUrl?: string
  /** Whoever shows it may read `GET /metrics`; absent: there is no such route. */
  metricsToken?: string
}

/** The browser vendors' push services. */
const PUSH_SERVICES = [
  'fcm.googleapis.com', // Chrome, Edge on Android, Opera, Brave
  'jmt17.google.com', // Chromium's development builds
  '*.push.services.mozilla.com', // Firefox
  '*.push.apple.com', // Safari
  '*.notify.windows.com', // Edge on Windows
]

/** Throws StartError naming the variable and the cure. */
export function readConfig(env: Env): Config {
  const level3 = readLevel3Config(env, 3000)
  return {
    ...level3,
    instance: readInstanceName(env),
    redisUrl: readAddress(env, 'REDIS_URL', {
      isRight: (text) => isUrl(text, /^rediss?:$/),
      what: 'a Redis address',
      example: 'redis://127.0.0.1:6379',
      needed: 'NODE_ENV=production refuses the embedded Redis',
    }),
    pushDelayMs: readInteger(env, 'PUSH_DELAY_MS', { fallback: 5_000, min: 0, max: 3_600_000 }),
    pushAllowedHosts: readHosts(env),
    pushCaFile: env.PUSH_CA_FILE || undefined,
    vapid: readVapid(env, mustBringSecrets(env)),
    vapidSubject: readVapidSubject(env),
    smtpUrl: readAddress(env, 'SMTP_URL', {
      isRight: (text) => isUrl(text, /^smtps?:$/),
      what: 'an SMTP address',
      example: 'smtp://user:password@mail.example.com:587',
    }),
    mailFrom: env.MAIL_FROM || 'Realtime, level by level <notifications@example.com>',
    publicUrl:
      readAddress(env, 'PUBLIC_URL', {
        isRight: (text) => isUrl(text, /^https?:$/) && new URL(text).origin === text.replace(/\/$/, ''),
        what: 'the origin of a page (scheme, host and port only)',
        example: 'https://app.example.com',
      }) ?? (level3.production ? undefined : `http://localhost:${level3.port}`),
    metricsToken: env.METRICS_TOKEN || undefined,
  }
}

function readInstanceName(env: Env): string {
  const name = env.INSTANCE_NAME || 'app1'
  if (/^[\w.-]{1,40}$/.test(name)) return name
  throw new StartError(
    'INSTANCE_NAME must be 1 to 40 letters, digits, "_", "-" or ".": try INSTANCE_NAME=app1',
  )
}

function readHosts(env: Env): string[] {
  const given = readList(env.PUSH_ALLOWED_HOSTS).map((host) => host.toLowerCase())
  const wrong = given.find((host) => !canNameService(host))
  if (wrong === undefined) return given.length > 0 ? given : PUSH_SERVICES
  throw new StartError(
    `PUSH_ALLOWED_HOSTS has "${wrong}": write host names (and a port, from 1 to 65535, if it is not 443), ` +
      'like fcm.googleapis.com,*.push.apple.com',
  )
}

/** A host name, `*.` before it or not, and a port that exists. */
function canNameService(entry: string): boolean {
  const match = /^(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::([1-9]\d{0,4}))?$/.exec(entry)
  return match !== null && Number(match[1] ?? 443) <= 65_535
}

function readVapid(env: Env, required: boolean): VapidKeys | undefined {
  const { VAPID_PUBLIC_KEY: publicKey, VAPID_PRIVATE_KEY: privateKey } = env
  const cure = 'set VAPID_PUBLIC_KEY and VAPID_PRIVATE_KEY to a pair from: npx web-push generate-vapid-keys'
  if (!publicKey && !privateKey) {
    if (!required) return undefined
    throw new StartError(`VAPID_PUBLIC_KEY and VAPID_PRIVATE_KEY are missing: ${cure}`)
  }
  // Other tools write them with padding, or in base64 with + and /: understood here, refused by web-push and browsers.
  const publicBytes = Buffer.from(publicKey ?? '', 'base64url')
  const privateBytes = Buffer.from(privateKey ?? '', 'base64url')
  if (publicBytes.length !== 65 || privateBytes.length !== 32)
    throw new StartError(`VAPID_PUBLIC_KEY and VAPID_PRIVATE_KEY are not a key pair: ${cure}`)
  return { publicKey: publicBytes.toString('base64url'), privateKey: privateBytes.toString('base64url') }
}

/** Push services refuse a contact that leads nowhere; Apple answers 403 to localhost. */
function readVapidSubject(env: Env): string {
  const subject = env.VAPID_SUBJECT || 'mailto:admin@example.com'
  const host =
    /^mailto:[^\s@]+@([^\s@]+)$/.exec(subject)?.[1] ??
    (/^https:\S+$/.test(subject) && URL.canParse(subject) ? new URL(subject).hostname : '')
  if (/^([a-z0-9-]+\.)+[a-z][a-z0-9-]*$/i.test(host) && !/\.localhost$/i.test(host)) return subject
  throw new StartError(
    `VAPID_SUBJECT must be a mailto: or https: address of a real host, not "${subject}": try mailto:you@your-domain.com`,
  )
}
