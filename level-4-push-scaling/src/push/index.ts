import type { DefineRoute, DeliveryChannel, Models } from '@levels/3-jwt-notifications/src/doors.ts'
import type { Log } from '@levels/shared/server/log.ts'
import type { Connection } from 'mongoose'
import type { DeliverySettings } from '../config.ts'
import type { Deliveries } from '../deliveries/index.ts'
import { createPushChannel } from './channel.ts'
import { createEndpointCheck } from './endpoint.ts'
import { subscriptionModel } from './model.ts'
import { createPushPost } from './post.ts'
import { definePushRoutes } from './routes.ts'
import { createSubscriptions } from './subscriptions.ts'
import { loadVapidKeys } from './vapid.ts'

export interface PushOptions {
  db: Connection
  models: Pick<Models, 'Notification' | 'Session' | 'Setting'>
  /** Takes the channel's work; must not have been started. */
  deliveries: Deliveries
  config: Pick<DeliverySettings, 'pushDelayMs' | 'pushAllowedHosts' | 'pushCaFile' | 'vapid' | 'vapidSubject'>
  log: Log
}

/** How often the log tells that a push service rejects this server, in milliseconds. */
const REMIND_MS = 60_000

/**
 * Web push: notifications for people whose page is closed. Throws StartError when the VAPID keys are no pair or the
 * certificate cannot be read.
 */
export async function createPush({
  db,
  models,
  deliveries,
  config,
  log,
}: PushOptions): Promise<{ channel: DeliveryChannel; routes(route: DefineRoute): void }> {
  const keys = await loadVapidKeys(models, config.vapid)
  const serviceOf = createEndpointCheck(config.pushAllowedHosts)
  const Subscription = subscriptionModel(db)
  await Subscription.createIndexes()
  const subscriptions = createSubscriptions(models, Subscription)
  const channel = createPushChannel({
    models,
    subscriptions,
    post: createPushPost(keys, config),
    serviceOf,
    delayMs: config.pushDelayMs,
    onMisconfigured: createReminder(log),
  })
  return {
    channel: deliveries.add(channel),
    routes: (route) =>
      definePushRoutes(route, { publicKey: keys.publicKey, subscriptions, serviceOf, deliveries }),
  }
}

/** Every message may fail for the same reason: the log says it once a minute. */
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
