// caught: it never goes back
export interface Notification {
  id: string
  /** Its place in the user's log: 1, 2, 3 … without a gap. */
  seq: number
  message: string
}

export interface Inbox {
  /** What the page says as `after` when it connects; undefined on a first visit. */
  readonly cursor: number | undefined
  /** One that came live, as `notification:new`. */
  live(notification: Notification): void
  /** A packet of what was missed: everything after the cursor (or after what was seen elsewhere) up to `upTo`. */
  missed(packet: { items: Notification[]; upTo: number }): void
}

/** `show` puts a notification on the screen. */
export function createInbox(show: (notification: Notification) => void): Inbox {
  let cursor: number | undefined
  const shown = new Set<string>()
  /** Shown, but something before them is missing. */
  const ahead = new Set<number>()

  function showOnce(notification: Notification): void {
    if (shown.has(notification.id)) return
    shown.add(notification.id)
    show(notification)
  }

  /** Moves the cursor to `upTo`, if it is not there yet, and on over all that directly follows. */
  function advance(upTo: number): void {
    cursor = upTo
    while (ahead.has(cursor + 1)) cursor++
    for (const seq of ahead) if (seq <= cursor) ahead.delete(seq)
  }

  return {
    get cursor() {
      return cursor
    },
    live(notification) {
      showOnce(notification)
      ahead.add(notification.seq)
      // A first visit knows where it begins only when the first packet has come.
      if (cursor !== undefined) advance(cursor)
    },
    missed({ items, upTo }) {
      for (const notification of items) showOnce(notification)
      advance(upTo)
    },
  }
}
