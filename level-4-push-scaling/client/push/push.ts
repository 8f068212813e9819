import type { App } from '@levels/3-jwt-notifications/client/index.ts'
import { findSubscription, readPermission, subscribe } from './browser.ts'

/** One browser that gets push, as the server knows it. */
export interface SavedSubscription {
  id: string
  endpoint: string
  /** The push service. */
  service: string
  createdAt: string
  /** Saved by this session. */
  current: boolean
  /** What became of the last message to it; `sent`: the push service has accepted it. */
  lastPush?: { id: string; state: string; error?: string; at: string }
}

export type Push = ReturnType<typeof createPush>

/** Whom this browser's push was turned on for. A subscription belongs to the browser, not to who is signed in. */
const WANTED_BY = 'push-wanted-by'

/** Push for this browser and this user, on the browser's side and on the server's. All of it throws Problem. */
export function createPush({ api, user }: Pick<App, 'api' | 'user'>) {
  const isWanted = () => localStorage.getItem(WANTED_BY) === user.id

  async function publicKey(): Promise<string> {
    return (await api<{ publicKey: string }>('GET', '/api/push/public-key')).data.publicKey
  }

  /** Subscribes if need be, and tells the server. Throws SubscribeFailed, too. */
  async function turnOn(): Promise<void> {
    const subscription = await subscribe(await publicKey())
    await api('POST', '/api/push/subscriptions', { body: subscription.toJSON() })
    localStorage.setItem(WANTED_BY, user.id)
  }

  async function turnOff(): Promise<void> {
    localStorage.removeItem(WANTED_BY)
    const subscription = await findSubscription()
    if (!subscription) return
    // The browser first: with it gone nothing can arrive, whatever becomes of the request.
    await subscription.unsubscribe()
    await remove(subscription.endpoint)
  }

  /**
   * Brings browser and server in line, on each load: subscriptions get lost, and replaced while nobody looks, and the
   * server's key may be a new one. One that somebody else left here ends, or their messages would show up here.
   */
  async function resync(): Promise<void> {
    if (isWanted() && readPermission() === 'allowed') await turnOn()
    else if (!isWanted()) await (await findSubscription())?.unsubscribe()
  }

  /** Whether push reaches this browser, as far as browser and server can tell. */
  async function isOn(): Promise<boolean> {
    return isWanted() && readPermission() === 'allowed' && (await findSubscription()) !== undefined
  }

  async function list(): Promise<SavedSubscription[]> {
    return (await api<{ items: SavedSubscription[] }>('GET', '/api/push/subscriptions')).data.items
  }

  async function remove(endpoint: string): Promise<void> {
    await api('DELETE', '/api/push/subscriptions', { body: { endpoint } })
  }

  /** Sends a test message to this browser. Returns its id, under which the worker shows it. */
  async function test(endpoint: string): Promise<string> {
    return (await api<{ id: string }>('POST', '/api/push/test', { body: { endpoint } })).data.id
  }

  return { publicKey, turnOn, turnOff, resync, isOn, list, remove, test }
}
