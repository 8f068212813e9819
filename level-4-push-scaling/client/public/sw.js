// The part of the page that the browser can start without the page: when a push message comes, on a click on a
// notification, and when the browser renews its subscription. It is plain JavaScript, served as it stands.

/** @typedef {{ id?: string, seq?: number, title: string, message?: string, url?: string, unread?: number }} Content */

/** TypeScript knows this file as any worker's; it is a service worker's. */
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self))

// A new version takes over at once: this worker keeps nothing that could mix with the old one's.
worker.addEventListener('install', () => worker.skipWaiting())
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()))

/**
 * Every push shows a notification, whatever is in it and whoever is looking: that is what the user agreed to
 * (`userVisibleOnly`). Safari ends a subscription after three silent ones. waitUntil keeps the worker alive until then.
 */
worker.addEventListener('push', (event) => {
  event.waitUntil(show(readPush(event.data)))
})

worker.addEventListener('notificationclick', (event) => {
  const { data } = event.notification
  event.notification.close()
  event.waitUntil(event.action === 'read' ? markAsRead(data) : open(data ?? {}))
})

// The browser replaced the subscription, or ended it. Pages save theirs at each load; this is for when none is open.
worker.addEventListener('pushsubscriptionchange', (event) => {
  event.waitUntil(renew(event))
})

/**
 * Our server sends JSON, but anyone with the subscription's keys may send anything, or nothing.
 * @param {PushMessageData | null} data
 * @returns {Content}
 */
function readPush(data) {
  const nothing = { title: 'New notification', message: 'Open the page to read it.', url: '/' }
  const text = data?.text() ?? ''
  if (text === '') return nothing
  try {
    const content = JSON.parse(text)
    if (typeof content?.title === 'string') return { ...nothing, ...content }
  } catch {
    // Not JSON: then it is a text to show.
  }
  return { ...nothing, message: text }
}

/** @param {Content} content */
async function show({ id, seq, title, message, url, unread }) {
  const options = {
    body: String(message ?? ''),
    // The same notification again (a message sent twice after a crash) replaces itself and makes no sound.
    tag: id === undefined ? undefined : String(id),
    data: { id, url },
    icon: '/icon-192.png',
    badge: '/badge-96.png', // what a phone's status bar has room for: one colour, on nothing
    // A test message is in no log: there is nothing to mark.
    actions: seq !== undefined && seq > 0 ? [{ action: 'read', title: 'Mark as read' }] : [],
  }
  await worker.registration.showNotification(title, options)
  // The number on the app's icon, where it was installed and the browser can.
  if (Number.isInteger(unread)) await worker.navigator.setAppBadge?.(unread).catch(() => undefined)
  await tellPages({ type: 'push:shown', id })
}

/**
 * Marks it as read without opening the page, with a token from the refresh cookie. So the message itself carries no secret.
 * After a sign-out, or for another user, nothing is marked: then the page opens, and shows why.
 * @param {{ id?: string, url?: string }} data
 */
async function markAsRead(data) {
  const accessToken = await signInAgain().catch(() => undefined)
  const answer =
    accessToken &&
    (await fetch(`/api/notifications/${data.id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` },
      body: '{"read":true}',
    }).catch(() => undefined))
  if (!answer?.ok) await open(data)
}

/** @param {{ id?: string, url?: string }} data */
async function open({ id, url }) {
  const target = sameOrigin(url)
  const windows = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true })
  // Other documents of this site (/api-docs, a file) do not listen: a click must not end there.
  const tabs = windows.filter((one) => new URL(one.url).pathname === '/')
  const tab = tabs.find((one) => one.visibilityState === 'visible') ?? tabs[0]
  if (!tab) return worker.clients.openWindow(target)
  await tab.focus()
  // The page goes there by itself: from here it would be loaded anew, and lose what was being written.
  tab.postMessage({ type: 'push:clicked', id, url: target })
}

/**
 * A path of this site; anything else is the start page. A message must not lead people to other sites.
 * @param {unknown} url
 */
function sameOrigin(url) {
  const home = worker.registration.scope
  if (typeof url !== 'string' || !URL.canParse(url, home)) return '/'
  const target = new URL(url, home)
  return target.origin === worker.location.origin ? target.pathname + target.search + target.hash : '/'
}

/** @param {PushSubscriptionChangeEvent} event */
async function renew({ newSubscription, oldSubscription }) {
  const key = oldSubscription?.options.applicationServerKey ?? (await publicKey())
  const options = { userVisibleOnly: true, applicationServerKey: key }
  const subscription = newSubscription ?? (await worker.registration.pushManager.subscribe(options))
  const accessToken = await signInAgain()
  if (accessToken) {
    await fetch('/api/push/subscriptions', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` },
      body: JSON.stringify(subscription),
    })
  }
  await tellPages({ type: 'push:subscription-changed' })
}

async function publicKey() {
  const response = await fetch('/api/push/public-key')
  return (await response.json()).publicKey
}

/**
 * An access token from the refresh cookie, as a tab gets it. It takes the lock under which tabs refresh, unless a tab holds
 * it at this moment: the server forgives two refreshes at once. No route accepts a renewed subscription because of the old
 * one: anybody who saw an endpoint could then send its messages elsewhere.
 * Undefined when nobody is signed in; then the page saves the subscription after the next sign-in.
 */
function signInAgain() {
  const refresh = async () => {
    const headers = { 'x-requested-with': 'fetch' }
    const response = await fetch('/api/auth/refresh', { method: 'POST', headers })
    return response.ok ? (await response.json()).accessToken : undefined
  }
  return worker.navigator.locks
    ? worker.navigator.locks.request('session', { ifAvailable: true }, refresh)
    : refresh()
}

/** @param {{ type: string, id?: string | undefined, url?: string }} message */
async function tellPages(message) {
  const pages = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true })
  for (const page of pages) page.postMessage(message)
}
