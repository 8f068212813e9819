/** What is done to a notification, by those who send and those who look. */
export type Act =
  | 'opened' // a page; `of` is whose
  | 'ready' // the page is connected for the first time, and has what it missed: from now on nothing may pass it by
  | 'closed'
  | 'send'
  | 'acknowledged'
  | 'refused'
  | 'unanswered'
  | 'shown'
  | 'pushed' // a device's push service got it; `of` is whose device
  | 'wire' // one message on a connection, `note` is its text

/** What is done to links, servers and services. */
export type Fault =
  | 'cut'
  | 'down'
  | 'up'
  | 'frozen'
  | 'thawed'
  | 'slowed'
  | 'half-closed'
  | 'swallowed'
  | 'killed'
  | 'terminated'
  | 'started'
  | 'expired' // a token
  | 'told' // a push service was told what to answer

/** One thing that was done or seen. */
export interface Entry {
  /** Milliseconds since the history began. */
  at: number
  /** The page, sender, link, server or service. */
  who: string
  what: Act | Fault
  /** The notification, by its text: each text is sent once. */
  message?: string
  /** `send`: whom it is for, by name; `*` is everyone. */
  to?: readonly string[]
  /** `opened`, `pushed`: the person it belongs to. */
  of?: string
  /** `shown`: its number in its user's log, where the level has numbers. */
  seq?: number
  note?: string
}

export interface History {
  readonly entries: readonly Entry[]
  /** Milliseconds since it began. */
  now(): number
  /** Adds what happens now. */
  add(who: string, what: Entry['what'], more?: Omit<Entry, 'at' | 'who' | 'what'>): void
  /** Calls the listener for each entry from now on; returns how to stop that. */
  watch(listener: (entry: Entry) => void): () => void
  /**
   * Resolves as soon as `isSo` holds, which is asked again after each entry.
   * Resolves with false if it does not hold within so many milliseconds.
   */
  until(isSo: () => boolean, withinMs: number): Promise<boolean>
}

/** Everything that happens in one experiment, in its order. */
export function createHistory(): History {
  const entries: Entry[] = []
  const watchers = new Set<(entry: Entry) => void>()
  const began = performance.now()
  const now = () => Math.round((performance.now() - began) * 10) / 10

  const history: History = {
    entries,
    now,
    add(who, what, more) {
      const entry = { at: now(), who, what, ...more }
      entries.push(entry)
      for (const watcher of watchers) watcher(entry)
    },
    watch(listener) {
      watchers.add(listener)
      return () => void watchers.delete(listener)
    },
    until: (isSo, withinMs) =>
      new Promise((resolve) => {
        if (isSo()) return resolve(true)
        const stop = history.watch(() => {
          if (isSo()) end(true)
        })
        const timer = setTimeout(() => end(isSo()), withinMs)
        function end(result: boolean): void {
          clearTimeout(timer)
          stop()
          resolve(result)
        }
      }),
  }
  return history
}

/** Texts with this beginning are not notifications: they tell an experiment that everything before them is through. */
export const MARKER = 'marker '
