import type { Notification, ServerToClientEvents } from '../src/events.ts'
import { createCursor } from './cursor.ts'

type Payload<Event extends keyof ServerToClientEvents> = Parameters<ServerToClientEvents[Event]>[0]

/** A part of the log without omissions: every notification numbered `from` to `to` that still exists. */
export interface Stretch {
  from: number
  to: number
  items: readonly Notification[]
}

/** Those numbered between these two, both exclusive. */
export interface Between {
  after: number
  before: number
}

/** What this tab knows of its user's notifications: each one once, whichever way and however often it came. */
export interface Inbox {
  /** The highest number up to which nothing is missing here; see cursor.ts. */
  readonly cursor: number | undefined
  /** How many the user has not read, as the server counts them. */
  readonly unread: number
  /** Everything from this number on is here; what is older was not loaded yet. 1: nothing is older. */
  readonly floor: number
  /** Newest first. */
  list(): Notification[]
  /** What is missing before something that is here. */
  gap(): Between | undefined

  /** A new connection: until its snapshot is here, what comes live has to wait, or the older snapshot would undo it. */
  connecting(): void
  /**
   * Takes the newest ones. Returns which part of what is here lies further back, so that it may have been read or
   * deleted elsewhere while this tab was not connected; undefined when there is none.
   */
  initial(snapshot: Payload<'notifications:initial'>): Between | undefined
  /** Takes one packet of what was missed. Returns what is new to this tab and was not read elsewhere meanwhile. */
  missed(packet: Payload<'notifications:missed'>): Notification[]
  live(notification: Notification): void
  updated(change: Payload<'notification:updated'>): void
  deleted(change: Payload<'notification:deleted'>): void
  allRead(change: Payload<'notifications:all-read'>): void
  setUnread(count: number): void
  /** Takes what was fetched, and drops what is no longer in that part of the log. Returns what was not here before. */
  stretch(stretch: Stretch): Notification[]
  /** Takes what a filter found: single notifications, with others in between that are not here. */
  found(items: readonly Notification[]): void
}

export interface InboxEvents {
  /** Something changed that a page shows. Comes often: draw once for many. */
  onChange(): void
  /** One came live that was not here before. */
  onNew(notification: Notification): void
}

/** The snapshot holds the newest 20; fewer are the whole log. */
const SNAPSHOT = 20

export function createInbox({ onChange, onNew }: InboxEvents): Inbox {
  const known = new Map<string, Notification>()
  /** Deleted during this connection: an answer that was under way may still contain them. */
  const gone = new Set<string>()
  const cursor = createCursor()
  /** What snapshots brought. If it was missed, it is new, although it is here already. */
  const introduced = new Set<string>()
  let unread = 0
  let floor = Number.POSITIVE_INFINITY
  let waiting: (() => void)[] | undefined

  /** Returns whether it was not here before. */
  function add(notification: Notification): boolean {
    if (gone.has(notification.id)) return false
    const isNew = !known.has(notification.id)
    known.set(notification.id, notification)
    return isNew
  }

  /** Returns what was not here before. */
  function take({ from, to, items }: Stretch): Notification[] {
    const ids = new Set(items.map(({ id }) => id))
    for (const { id, seq } of known.values()) {
      if (seq >= from && seq <= to && !ids.has(id)) known.delete(id) // deleted while this tab was not connected
    }
    floor = Math.min(floor, from)
    return items.filter(add)
  }

  function mark(id: string, readAt: string | null): void {
    const before = known.get(id)
    if (before) known.set(id, { ...before, readAt: readAt ?? undefined })
  }

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
      return floor
    },
    list: () => [...known.values()].sort((a, b) => b.seq - a.seq),
    gap: () => cursor.gap(),

    connecting() {
      waiting = []
      gone.clear()
    },
    initial({ items, upTo, unread: count }) {
      unread = count
      // What filters found below the floor may have changed meanwhile, and nothing would tell.
      for (const { id, seq } of known.values()) if (seq < floor) known.delete(id)
      const oldest = (items.length < SNAPSHOT ? 1 : items.at(-1)?.seq) ?? 1
      const stale = { after: floor - 1, before: Math.min(oldest, (cursor.value ?? 0) + 1) }
      // The cursor stays: what was missed is told from there, and if this connection ends before, the next one tells.
      for (const { id } of take({ from: oldest, to: upTo, items })) introduced.add(id)
      const early = waiting ?? []
      waiting = undefined
      for (const apply of early) apply()
      onChange()
      return stale.before - stale.after > 1 ? stale : undefined
    },
    missed({ items, more, upTo }) {
      const isNew = items.filter((one) => add(one) || introduced.delete(one.id))
      if (!more) introduced.clear()
      // Nothing lies between our cursor and the packet. A new tab has no cursor: its first packet begins behind what
      // was delivered to the user before this tab existed, and that much counts as seen.
      const from = cursor.value === undefined ? (items[0]?.seq ?? upTo + 1) : cursor.value + 1
      take({ from, to: upTo, items: items.filter(({ seq }) => seq >= from) })
      cursor.cover(cursor.value === undefined ? 1 : from, upTo)
      onChange()
      return isNew.filter(({ readAt }) => readAt === undefined)
    },
    live: (notification) =>
      inOrder(() => {
        // What a snapshot brought is still to be told as missed, by this connection or the next.
        if (!introduced.has(notification.id)) cursor.cover(notification.seq, notification.seq)
        if (add(notification)) onNew(notification)
      }),
    updated: ({ id, readAt }) => inOrder(() => mark(id, readAt)),
    deleted: ({ id, seq }) =>
      inOrder(() => {
        gone.add(id)
        known.delete(id)
        cursor.cover(seq, seq)
      }),
    allRead: ({ upTo, readAt }) =>
      inOrder(() => {
        const unreadOnes = [...known.values()].filter((one) => one.seq <= upTo && one.readAt === undefined)
        for (const { id } of unreadOnes) mark(id, readAt)
      }),
    setUnread: (count) =>
      inOrder(() => {
        unread = count
      }),
    stretch(stretch) {
      const isNew = take(stretch)
      cursor.cover(stretch.from, stretch.to)
      onChange()
      return isNew
    },
    found(items) {
      for (const notification of items) add(notification)
      onChange()
    },
  }
}
