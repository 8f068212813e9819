import { createCursor } from './cursor.ts'
import { createKnown, type Entry, type Stretch } from './known.ts'

/** Those numbered between these two, both exclusive. */
export interface Between {
  after: number
  before: number
}

/** What this tab knows of its user's notifications: each one once, whichever way and however often it came. */
export interface Inbox<N extends Entry = Entry> {
  /** The highest number up to which nothing is missing here; see cursor.ts. */
  readonly cursor: number | undefined
  /** How many the user has not read, as the server counts them. */
  readonly unread: number
  /** Everything from this number on is here; what is older was not loaded yet. 1: nothing is older. */
  readonly floor: number
  /** Newest first. */
  list(): N[]
  /** What is missing before something that is here. */
  gap(): Between | undefined

  /** A new connection: until its snapshot is here, what comes live has to wait, or the older snapshot would undo it. */
  connecting(): void
  /**
   * Takes the newest ones. Returns which part of what is here lies further back, so that it may have been read or
   * deleted elsewhere while this tab was not connected; undefined when there is none.
   */
  initial(snapshot: { items: readonly N[]; unread: number; upTo: number }): Between | undefined
  /** Takes one packet of what was missed. Returns what is new to this tab and was not read elsewhere meanwhile. */
  missed(packet: { items: readonly N[]; more: boolean; upTo: number }): N[]
  live(notification: N): void
  updated(change: { id: string; seq: number; readAt: string | null }): void
  deleted(change: { id: string; seq: number }): void
  allRead(change: { upTo: number; readAt: string }): void
  setUnread(count: number): void
  /** Takes what was fetched, and drops what is no longer in that part of the log. Returns what was not here before. */
  stretch(stretch: Stretch<N>): N[]
  /** Takes what a filter found: single notifications, with others in between that are not here. */
  found(items: readonly N[]): void
}

export interface InboxEvents<N extends Entry> {
  /** Something changed that a page shows. Comes often: draw once for many. */
  onChange(): void
  /** One came live that was not here before. */
  onNew(notification: N): void
}

/** The snapshot holds the newest 20; fewer are the whole log. */
const SNAPSHOT = 20

export function createInbox<N extends Entry>({ onChange, onNew }: InboxEvents<N>): Inbox<N> {
  const known = createKnown<N>()
  const cursor = createCursor()
  /** What snapshots brought. If it was missed, it is new, although it is here already. */
  const introduced = new Set<string>()
  let unread = 0
  let waiting: (() => void)[] | undefined

  /** Does it now, or as soon as the snapshot is here. */
  function inOrder(apply: () => void): void {
    if (waiting) return void waiting.push(apply)
    apply()
    onChange()
  }

  return {
    get cursor() {
      return cursor.value
    },
    get unread() {
      return unread
    },
    get floor() {
      return known.floor
    },
    list: known.list,
    gap: () => cursor.gap(),

    connecting() {
      waiting = []
      known.forgetGone()
    },
    initial({ items, upTo, unread: count }) {
      unread = count
      known.dropBelowFloor()
      const oldest = (items.length < SNAPSHOT ? 1 : items.at(-1)?.seq) ?? 1
      const stale = { after: known.floor - 1, before: Math.min(oldest, (cursor.value ?? 0) + 1) }
      // The cursor stays: what was missed is told from there, and if this connection ends before, the next one tells.
      for (const { id } of known.take({ from: oldest, to: upTo, items })) introduced.add(id)
      const early = waiting ?? []
      waiting = undefined
      for (const apply of early) apply()
      onChange()
      return stale.before - stale.after > 1 ? stale : undefined
    },
    missed({ items, more, upTo }) {
      const isNew = items.filter((one) => known.add(one) || introduced.delete(one.id))
      if (!more) introduced.clear()
      // Nothing lies between our cursor and the packet. A new tab has no cursor: its first packet begins behind what
      // was delivered to the user before this tab existed, and that much counts as seen.
      const from = cursor.value === undefined ? (items[0]?.seq ?? upTo + 1) : cursor.value + 1
      known.take({ from, to: upTo, items: items.filter(({ seq }) => seq >= from) })
      cursor.cover(cursor.value === undefined ? 1 : from, upTo)
      onChange()
      return isNew.filter(({ readAt }) => readAt === undefined)
    },
    live: (notification) =>
      inOrder(() => {
        // What a snapshot brought is still to be told as missed, by this connection or the next.
        if (!introduced.has(notification.id)) cursor.cover(notification.seq, notification.seq)
        if (known.add(notification)) onNew(notification)
      }),
    updated: ({ id, readAt }) => inOrder(() => known.mark(id, readAt)),
    deleted: ({ id, seq }) =>
      inOrder(() => {
        known.remove(id)
        cursor.cover(seq, seq)
      }),
    allRead: ({ upTo, readAt }) =>
      inOrder(() => {
        for (const one of known.list()) {
          if (one.seq <= upTo && one.readAt === undefined) known.mark(one.id, readAt)
        }
      }),
    setUnread: (count) =>
      inOrder(() => {
        unread = count
      }),
    stretch(stretch) {
      const isNew = known.take(stretch)
      cursor.cover(stretch.from, stretch.to)
      onChange()
      return isNew
    },
    found(items) {
      for (const notification of items) known.add(notification)
      onChange()
    },
  }
}
