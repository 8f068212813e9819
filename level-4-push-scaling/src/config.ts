import {
  type Config as Level3Config,
  readConfig as readLevel3Config,
} from '@levels/3-jwt-notifications/src/doors.ts'
import {
  type Env,
  isUrl,
  mustBringSecrets,
  readInteger,
  readList,
  readText,
  StartError,
} from '@levels/shared/server/config.ts'
import type { MailSettings } from './email/transport.ts'
import type { PushSettings } from './push/index.ts'
import type { VapidKeys } from './push/post.ts'

export interface Config extends Level3Config, PushSettings, MailSettings {
  /** This instance's name, on the page and in `/readyz`. */
  instance: string
  /** Absent in development: then the cluster starts a Redis of its own. */
  redisUrl?: string
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
    instance:
      readText(env, 'INSTANCE_NAME', {
        isRight: (text) => /^[\w.-]{1,40}$/.test(text),
        what: 'a name of 1 to 40 letters, digits, "_", "-" or "."',
        example: 'app1',
      }) ?? 'app1',
    redisUrl: readText(env, 'REDIS_URL', {
      isRight: (text) => isUrl(text, /^rediss?:$/),
      what: 'a Redis address',
      example: 'redis://127.0.0.1:6379',
      needed: level3.production && 'NODE_ENV=production refuses the embedded Redis',
    }),
    pushDelayMs: readInteger(env, 'PUSH_DELAY_MS', { fallback: 5_000, min: 0, max: 3_600_000 }),
    pushAllowedHosts: readHosts(env),
    pushCaFile: env.PUSH_CA_FILE || undefined,
    vapid: readVapid(env, mustBringSecrets(env)),
    vapidSubject:
      readText(env, 'VAPID_SUBJECT', {
        isRight: leadsSomewhere,
        what: 'a mailto: or https: address of a real host',
        example: 'mailto:you@your-domain.com',
      }) ?? 'mailto:admin@example.com',
    smtpUrl: readText(env, 'SMTP_URL', {
      isRight: (text) => isUrl(text, /^smtps?:$/),
      what: 'an SMTP address',
      example: 'smtp://user:password@mail.example.com:587',
    }),
    mailFrom:
      readText(env, 'MAIL_FROM', {
        isRight: (text) => /^([^<>\n]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/.test(text),
        what: 'one address, alone or behind a name',
        example: 'Our app <notifications@your-domain.com>',
      }) ?? 'Realtime, level by level <notifications@example.com>',
    publicUrl:
      readText(env, 'PUBLIC_URL', {
        isRight: (text) => isUrl(text, /^https?:$/) && new URL(text).origin === text.replace(/\/$/, ''),
        what: 'the origin of a page (scheme, host and port only)',
        example: 'https://app.example.com',
      }) ?? (level3.production ? undefined : `http://localhost:${level3.port}`),
    metricsToken: env.METRICS_TOKEN || undefined,
  }
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
  if (publicKey && privateKey) return { publicKey: plain(publicKey), privateKey: plain(privateKey) }
  if (!publicKey && !privateKey && !required) return undefined
  throw new StartError(
    'VAPID_PUBLIC_KEY or VAPID_PRIVATE_KEY is missing: set both to a pair from: npx web-push generate-vapid-keys',
  )
}

/** Other tools write keys with padding, or with + and /: web-push and browsers would refuse them. */
const plain = (key: string) => Buffer.from(key, 'base64url').toString('base64url')

/** Push services refuse a contact that leads nowhere; Apple answers 403 to localhost. */
function leadsSomewhere(subject: string): boolean {
  const host =
    /^mailto:[^\s@]+@([^\s@]+)$/.exec(subject)?.[1] ??
    (/^https:\S+$/.test(subject) && URL.canParse(subject) ? new URL(subject).hostname : '')
  return /^([a-z0-9-]+\.)+[a-z][a-z0-9-]*$/i.test(host) && !/\.localhost$/i.test(host)
}
