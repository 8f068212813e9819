import type { Log } from '../channel.ts'
import { createEndpointCheck } from './endpoint.ts'
import { createPushPost } from './post.ts'
import { createPushChannel, type PushChannelParts } from './push.ts'
import { createSubscriptions, type SubscriptionParts } from './subscriptions.ts'
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

export interface PushOptions
  extends Pick<SubscriptionParts, 'db' | 'aliveSessions'>,
    Pick<PushChannelParts, 'countUnread'> {
  config: PushSettings
  /** The value kept under this name, made and kept if there is none: the same for every instance. */
  keep(name: string, make: () => string): Promise<string>
  log: Log
}

/** How often the log says that a push service rejects this server, in milliseconds. */
const REMIND_MS = 60_000

/**
 * Web push: the channel, to be added to the deliveries, the key that pages subscribe with, and the subscriptions. Throws
 * StartError when the VAPID keys are no pair or the certificate cannot be read.
 */
export async function createPush({ db, config, keep, aliveSessions, countUnread, log }: PushOptions) {
  const keys = await loadVapidKeys(config.vapid, keep)
  const { publicKey } = keys
  const serviceOf = createEndpointCheck(config.pushAllowedHosts)
  const post = createPushPost(keys, serviceOf, config)
  const subscriptions = await createSubscriptions({ db, serviceOf, publicKey, aliveSessions })
  const onMisconfigured = createReminder(log)
  const delayMs = config.pushDelayMs
  const channel = createPushChannel({ subscriptions, post, delayMs, countUnread, onMisconfigured })
  return { channel, publicKey, subscriptions }
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
