import { createECDH } from 'node:crypto'
import { StartError } from '@levels/shared/server/start-error.ts'
import webPush from 'web-push'
import type { Log } from '../channel.ts'
import { createEndpointCheck } from './endpoint.ts'
import { createPushPost, type VapidKeys } from './post.ts'
import { createPushChannel, type PushChannelParts } from './push.ts'
import { createSubscriptions, type SubscriptionParts } from './subscriptions.ts'

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
  const keys = await loadVapidKeys(keep, config.vapid)
  const { publicKey } = keys
  const serviceOf = createEndpointCheck(config.pushAllowedHosts)
  const post = createPushPost(keys, serviceOf, config)
  const subscriptions = await createSubscriptions({ db, serviceOf, publicKey, aliveSessions })
  const onMisconfigured = createReminder(log)
  const delayMs = config.pushDelayMs
  const channel = createPushChannel({ subscriptions, post, delayMs, countUnread, onMisconfigured })
  return { channel, publicKey, subscriptions }
}

/**
 * The key pair of this installation: the one given, or one made once and kept by `keep`. Every subscription is bound to
 * it: a new pair at each start would cut off every browser. Throws StartError when the two keys are not a pair.
 */
export async function loadVapidKeys(keep: PushOptions['keep'], given?: VapidKeys): Promise<VapidKeys> {
  if (!given) return JSON.parse(await keep('vapidKeys', () => JSON.stringify(webPush.generateVAPIDKeys())))
  if (isPair(given)) return given
  throw new StartError(
    'VAPID_PUBLIC_KEY and VAPID_PRIVATE_KEY are not a key pair: set both to one from: npx web-push generate-vapid-keys',
  )
}

function isPair({ publicKey, privateKey }: VapidKeys): boolean {
  const curve = createECDH('prime256v1')
  try {
    curve.setPrivateKey(privateKey, 'base64url')
    return privateKey.length === 43 && curve.getPublicKey('base64url') === publicKey // 43 characters: 32 bytes
  } catch {
    return false // outside the curve's range: no key at all
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
