/** Who is signed in. */
export interface User {
  id: string
  username: string
  role: 'user' | 'admin'
}

/** What the server answers to register, login and refresh. `expiresIn`: seconds. */
export interface SignedIn {
  user: User
  accessToken: string
  expiresIn: number
}

/** What one tab tells the others of this browser: they share the refresh cookie, so they share who is signed in. */
export type TabMessage =
  | { type: 'signed-in'; signedIn: SignedIn }
  /** `wanted`: by the user, so that there is nothing to explain. */
  | { type: 'signed-out'; wanted: boolean }

export interface Tabs {
  /** Tells the other tabs. Only pages of this origin can hear it, and no storage keeps it. */
  tell(message: TabMessage): void
  onMessage(listener: (message: TabMessage) => void): void
  /**
   * Runs `work` when no other tab runs its own, and tells it whether it had to wait. Without Web Locks (plain http from
   * another machine has none) it runs at once: the server forgives parallel refreshes for 60 seconds.
   */
  oneAtATime<T>(work: (waited: boolean) => Promise<T>): Promise<T>
  /** Until the next message, or until `ms` have passed. */
  nextMessage(ms: number): Promise<void>
}

const NAME = 'session'
/** A tab that the browser froze may hold the lock for ever: after this long, in milliseconds, go without. */
const LONGEST_WAIT_MS = 20_000

export function createTabs(): Tabs {
  const channel = new BroadcastChannel(NAME)
  return {
    tell: (message) => channel.postMessage(message),
    onMessage: (listener) => channel.addEventListener('message', ({ data }) => listener(data)),
    async oneAtATime(work) {
      if (!navigator.locks) return work(false)
      const { held } = await navigator.locks.query()
      const waited = held?.some(({ name }) => name === NAME) ?? false
      let isRunning = false
      try {
        return await navigator.locks.request(NAME, { signal: AbortSignal.timeout(LONGEST_WAIT_MS) }, () => {
          isRunning = true
          return work(waited)
        })
      } catch (error) {
        if (isRunning) throw error
        return work(false)
      }
    },
    nextMessage: (ms) =>
      new Promise((resolve) => {
        setTimeout(resolve, ms)
        channel.addEventListener('message', () => resolve(), { once: true })
      }),
  }
}
