import type { SavedSubscription, TestResult } from '../../src/events.ts'
import { findSubscription, hasKey, readPermission, subscribe } from './browser.ts'

/** What push needs of the page around it. */
export interface PushHost {
  /** Asks the server, as the user who is signed in. Rejects with an error that carries the answer's `status`. */
  api<T>(method: string, path: string, options?: { body?: unknown }): Promise<{ data: T }>
  user: { id: string }
}

export type Push = ReturnType<typeof createPush>

/** `failing`: turned on, and what was sent last did not arrive. */
export type PushState = 'on' | 'failing' | 'off'

/** Whom this browser's push was turned on for. A subscription belongs to the browser, not to who is signed in. */
const WANTED_BY = 'push-wanted-by'
/** The endpoint that the server has taken. One that it does not know any more was given up by its push service. */
const SAVED = 'push-saved-endpoint'

/** Push for this browser and this user, on the browser's side and on the server's. All of it throws the host's errors. */
export function createPush({ api, user }: PushHost) {
  const isWanted = () => localStorage.getItem(WANTED_BY) === user.id

  async function publicKey(): Promise<string> {
    return (await api<{ publicKey: string }>('GET', '/api/push/public-key')).data.publicKey
  }

  /**
   * Subscribes if need be, and tells the server. A subscription that the server refuses is undone: nothing could ever
   * arrive there. Throws SubscribeFailed, too.
   */
  async function turnOn(): Promise<void> {
    const { subscription, replaced } = await subscribe(await publicKey())
    try {
      await api('POST', '/api/push/subscriptions', { body: subscription.toJSON() })
    } catch (problem) {
      if (isRefusal(problem)) await subscription.unsubscribe()
      throw problem
    }
    localStorage.setItem(WANTED_BY, user.id)
    localStorage.setItem(SAVED, subscription.endpoint)
    if (replaced !== undefined) await remove(replaced)
  }

  async function turnOff(): Promise<void> {
    localStorage.removeItem(WANTED_BY)
    const endpoint = await giveUp()
    if (endpoint !== undefined) await remove(endpoint)
  }

  /** Ends the browser's own subscription. First the browser: with it gone nothing can arrive, whatever comes next. */
  async function giveUp(): Promise<string | undefined> {
    const subscription = await findSubscription()
    localStorage.removeItem(SAVED)
    await subscription?.unsubscribe()
    return subscription?.endpoint
  }

  /** After the push service has refused this browser for good: gives its endpoint up and subscribes anew. */
  async function renew(): Promise<void> {
    await giveUp()
    await turnOn()
  }

  /**
   * Makes browser and server agree, on each load: subscriptions get lost or replaced while no page is open, and the server
   * may have a new key. A subscription that another user left here ends, or their messages would be shown here.
   */
  async function resync(): Promise<void> {
    if (!isWanted()) return void (await giveUp())
    if (readPermission() !== 'allowed') return
    const here = await findSubscription()
    const wasSaved = here !== undefined && here.endpoint === localStorage.getItem(SAVED)
    // The server has dropped what it once took: saved again, the same endpoint would be refused again.
    if (wasSaved && !(await savedHere())) await renew()
    else await turnOn()
  }

  /** Whether push reaches this browser, as far as browser, server and the last message can tell. */
  async function state(): Promise<PushState> {
    const subscription = await findSubscription()
    if (!isWanted() || readPermission() !== 'allowed' || !subscription) return 'off'
    if (!hasKey(subscription, await publicKey())) return 'off'
    const saved = await savedHere()
    if (!saved) return 'off'
    return saved.lastPush?.state === 'failed' ? 'failing' : 'on'
  }

  async function list(): Promise<SavedSubscription[]> {
    return (await api<{ items: SavedSubscription[] }>('GET', '/api/push/subscriptions')).data.items
  }

  /** This browser, as the server knows it. */
  async function savedHere(): Promise<SavedSubscription | undefined> {
    const endpoint = (await findSubscription())?.endpoint
    return endpoint === undefined ? undefined : (await list()).find((saved) => saved.endpoint === endpoint)
  }

  async function remove(endpoint: string): Promise<void> {
    await api('DELETE', '/api/push/subscriptions', { body: { endpoint } })
  }

  /** Sends a test message to this browser. Returns its id, under which the worker shows it. */
  async function test(endpoint: string): Promise<string> {
    return (await api<{ id: string }>('POST', '/api/push/test', { body: { endpoint } })).data.id
  }

  /** What became of a test message: also when its browser is unknown to the server by now. */
  async function testResult(id: string): Promise<TestResult['items'][number] | undefined> {
    return (await api<TestResult>('GET', `/api/push/test/${id}`)).data.items[0]
  }

  return { publicKey, turnOn, turnOff, renew, resync, state, list, savedHere, remove, test, testResult }
}

/** A refusal that stays one: not "sign in again", and not "too many". */
function isRefusal(problem: unknown): boolean {
  const status: unknown = Object(problem).status
  return typeof status === 'number' && status >= 400 && status < 500 && ![401, 408, 429].includes(status)
}
