import type { Notification, NotificationPage } from '../src/events.ts'
import type { Connection } from './connection.ts'
import type { Between, Inbox } from './inbox.ts'

export interface CatchUpOptions {
  connection: Connection
  inbox: Inbox<Notification>
  /** What came while this tab, or its user, was away, oldest first; more may follow. */
  onMissed(items: Notification[]): void
  /** Aborted when the user signs out. */
  signal: AbortSignal
}

/** A notification that a later one has overtaken usually comes milliseconds later: wait so long before asking for it. */
const GAP_PATIENCE_MS = 1_000
/** "Seen" is cumulative: one message is enough for many notifications. */
const SEEN_EVERY_MS = 200
const MOST_PER_FETCH = 100

/** Fills the inbox from the log, asks for what is missing, and tells the server up to where all was shown. */
export function catchUp({ connection, inbox, onMissed, signal }: CatchUpOptions): void {
  const { socket } = connection
  let seen: number | undefined
  let seenTimer: ReturnType<typeof setTimeout> | undefined
  let gapTimer: ReturnType<typeof setTimeout> | undefined

  // The first word on each connection; and again, when the server itself may have missed something.
  socket.on('session:ready', () => {
    seen = undefined
    inbox.connecting()
  })
  socket.on('notifications:initial', (snapshot) => {
    const stale = inbox.initial(snapshot)
    if (stale) fetchBetween(stale, () => undefined)
    progress()
  })
  socket.on('notifications:missed', (packet) => {
    onMissed(inbox.missed(packet))
    progress()
  })
  socket.on('notification:new', (notification) => {
    inbox.live(notification)
    progress()
  })
  socket.on('notification:updated', inbox.updated)
  socket.on('notification:deleted', (deleted) => {
    inbox.deleted(deleted)
    progress()
  })
  socket.on('notifications:all-read', inbox.allRead)
  socket.on('unread', ({ count }) => inbox.setUnread(count))

  // In a hidden tab nobody sees anything. (At level 4 that decides whether a push is due.)
  document.addEventListener('visibilitychange', progress, { signal })
  signal.addEventListener('abort', () => {
    clearTimeout(seenTimer)
    clearTimeout(gapTimer)
  })

  function progress(): void {
    seenTimer ??= setTimeout(() => {
      seenTimer = undefined
      tellSeen()
    }, SEEN_EVERY_MS)
    if (inbox.gap() && socket.connected) {
      gapTimer ??= setTimeout(() => {
        gapTimer = undefined
        const gap = inbox.gap()
        if (gap) fetchBetween(gap, onMissed)
      }, GAP_PATIENCE_MS)
    }
  }

  function tellSeen(): void {
    const upTo = inbox.cursor
    if (upTo === undefined || upTo === seen || document.visibilityState !== 'visible') return
    seen = upTo
    // If it is lost, so is the connection; after the next connect it is told again.
    connection.request('notifications:seen', { upTo }).catch(() => {
      seen = undefined
    })
  }

  /** Fetches a part of the log, newest first, page by page. What fails is tried again after the next connect. */
  async function fetchBetween({ after, before }: Between, onNew: typeof onMissed): Promise<void> {
    try {
      for (let next: number | null = before; next !== null && next - after > 1; ) {
        const limit = Math.min(MOST_PER_FETCH, next - after - 1)
        const page: NotificationPage = await connection.request('notifications:fetch', {
          before: next,
          limit,
        })
        const from = Math.max(after + 1, page.nextBefore ?? 1)
        onNew(inbox.stretch({ from, to: next - 1, items: page.items.filter(({ seq }) => seq >= from) }))
        next = page.nextBefore
      }
    } catch (error) {
      console.debug('What is missing could not be fetched now', error)
    }
    progress()
  }
}
