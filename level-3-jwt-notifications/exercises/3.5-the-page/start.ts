// 3.5 The page. A page must show each notification once, and know how far it has come.
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

  return {
    get cursor() {
      return cursor
    },
    live(notification) {
      show(notification)
      cursor = notification.seq
    },
    missed({ items, upTo }) {
      for (const notification of items) show(notification)
      cursor = upTo
    },
  }
}
