import type { Connection, Types } from 'mongoose'
import type { Log, QueuedChannel } from '../channel.ts'
import { createEndpointCheck } from './endpoint.ts'
import { createPushPost } from './post.ts'
import { createPushChannel } from './push.ts'
import { createSubscriptions, type Subscriptions } from './subscriptions.ts'
import { loadVapidKeys, type VapidKeys } from './vapid.ts'

export interface PushSettings {
  /** How long a notification may stay unseen before it is pushed, in milliseconds. */
  pushDelayMs: number
  /** Hosts that push endpoints may name: `fcm.googleapis.com`, `*.push.apple.com`, or for tests `localhost:8443`. */
  pushAllowedHosts: string[]
  /** A PEM file with a certificate authority to trust, for a push service of one's own. */
  pushCaFile?: string
  /** Absent in development: then a pair is made once and kept in the database. */
  vapid?: VapidKeys
  /** `mailto:` or `https:`, a contact for the push services (RFC 8292 section 2.1). */
  vapidSubject: string
}

export interface PushOptions {
  db: Connection
  config: PushSettings
  /** The value kept under this name, made and kept if there is none: the same for every instance. */
  keep(name: string, make: () => string): Promise<string>
  /** Those of these device sessions that are not over. */
  aliveSessions(sids: string[]): Promise<ReadonlySet<string>>
  /** How many notifications each of these users has not read. */
  countUnread(userIds: Types.ObjectId[]): Promise<Map<string, number>>
  log: Log
}

export interface Push {
  /** To be added to the deliveries. */
  channel: QueuedChannel
  /** What pages subscribe with. */
  publicKey: string
  subscriptions: Subscriptions
}

/** How often the log says that a push service rejects this server, in milliseconds. */
const REMIND_MS = 60_000

/**
 * Web push: notifications for people whose page is closed. Throws SettingsError when the VAPID keys are no pair or the
 * certificate cannot be read.
 */
export async function createPush({ db, config, keep, log, ...host }: PushOptions): Promise<Push> {
  const keys = await loadVapidKeys(config.vapid, keep)
  const { publicKey } = keys
  const serviceOf = createEndpointCheck(config.pushAllowedHosts)
  const post = createPushPost(keys, serviceOf, config)
  const subscriptions = await createSubscriptions({
    db,
    serviceOf,
    publicKey,
    aliveSessions: host.aliveSessions,
  })
  return {
    channel: createPushChannel({
      subscriptions,
      post,
      delayMs: config.pushDelayMs,
      countUnread: host.countUnread,
      onMisconfigured: createReminder(log),
    }),
    publicKey,
    subscriptions,
  }
}

/** Every message may fail for the same reason: the log says it once a minute for each service, of which there are few. */
function createReminder(log: Log): (service: string, status: number) => void {
  const lastAt = new Map<string, number>()
  return (service, status) => {
    const problem = `${service} ${status}`
    if (Date.now() - (lastAt.get(problem) ?? Number.NEGATIVE_INFINITY) < REMIND_MS) return
    lastAt.set(problem, Date.now())
    log.error(
      `Web push: ${service} rejects this server (${status}). Check VAPID_PUBLIC_KEY, VAPID_PRIVATE_KEY and ` +
        'VAPID_SUBJECT; GET /api/admin/deliveries?state=failed says what it answered.',
    )
  }
}
