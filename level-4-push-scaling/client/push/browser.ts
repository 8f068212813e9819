/** Web push as the browser sees it (Push API, Notifications API): what it can, what it has, and how to change that. */

/**
 * `unsupported`: this browser has no push. `insecure`: it has, but only for https and localhost. `denied`: the user
 * said no, and no page may ask again. `ask`: nobody asked yet. `allowed`: the user said yes.
 */
export type Permission = 'unsupported' | 'insecure' | 'ask' | 'allowed' | 'denied'

const WORKER = '/sw.js'

export function readPermission(): Permission {
  if (!isSecureContext) return 'insecure'
  const canPush = 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window
  if (!canPush) return 'unsupported'
  const answers: Record<NotificationPermission, Permission> = {
    default: 'ask',
    granted: 'allowed',
    denied: 'denied',
  }
  return answers[Notification.permission]
}

/** Calls back when the user changes the permission in the browser's settings. */
export function onPermissionChange(changed: () => void, signal: AbortSignal): void {
  navigator.permissions?.query({ name: 'notifications' }).then(
    (status) => status.addEventListener('change', changed, { signal }),
    () => undefined, // a browser that cannot tell: then a reload shows it
  )
}

/** Registers the worker and waits until it is active. The browser updates it when `sw.js` has changed. */
export async function startWorker(): Promise<ServiceWorkerRegistration> {
  await navigator.serviceWorker.register(WORKER)
  return navigator.serviceWorker.ready
}

/** The worker that this browser has, if any: asking starts none. */
export async function findWorker(): Promise<ServiceWorkerRegistration | undefined> {
  if (readPermission() === 'unsupported' || readPermission() === 'insecure') return undefined
  return navigator.serviceWorker.getRegistration('/')
}

export async function findSubscription(): Promise<PushSubscription | undefined> {
  const worker = await findWorker()
  return (await worker?.pushManager.getSubscription()) ?? undefined
}

/** How long the browser may take to reach its push service, in milliseconds. By itself it may try for minutes. */
const SUBSCRIBE_MS = 10_000

/**
 * The browser's subscription for this VAPID key; the permission must have been given. One that was made for another key
 * is of no use to this server, and a browser has only one: it is replaced, and `replaced` is its endpoint.
 *
 * Throws SubscribeFailed when the browser cannot reach its push service, or not within 10 s.
 */
export async function subscribe(
  publicKey: string,
): Promise<{ subscription: PushSubscription; replaced?: string | undefined }> {
  const { pushManager } = await startWorker()
  const existing = await pushManager.getSubscription()
  if (existing && hasKey(existing, publicKey)) return { subscription: existing }
  await existing?.unsubscribe()
  let timer: number | undefined
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`no answer from its push service within ${SUBSCRIBE_MS / 1_000} s`)
    timer = window.setTimeout(() => reject(error), SUBSCRIBE_MS)
  })
  try {
    const subscribing = pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: publicKey })
    return { subscription: await Promise.race([subscribing, late]), replaced: existing?.endpoint }
  } catch (error) {
    throw new SubscribeFailed(error instanceof Error ? error.message : String(error))
  } finally {
    window.clearTimeout(timer)
  }
}

export class SubscribeFailed extends Error {}

/** Whether messages signed with this VAPID key can reach the subscription (RFC 8292 section 4.2). */
export function hasKey(subscription: PushSubscription, publicKey: string): boolean {
  const { applicationServerKey } = subscription.options
  return applicationServerKey !== null && toBase64Url(applicationServerKey) === publicKey.replace(/=+$/, '')
}

function toBase64Url(buffer: ArrayBuffer): string {
  const binary = String.fromCharCode(...new Uint8Array(buffer))
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}
