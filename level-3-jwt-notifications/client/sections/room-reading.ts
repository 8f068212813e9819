import type { Notification, NotificationPage } from '../../src/events.ts'
import type { App } from '../app.ts'

/** Between two notifications marked as read, in milliseconds: the server takes 20 events a second. */
const MARK_EVERY_MS = 100

/**
 * Marks the notifications of the open room as read while `element` is in view: nobody has to read them again in the
 * notification centre. `slugOfOpen` says which room it shows. Returns what to call after a room was opened.
 */
export function readWhatIsOpen(
  { api, arrived, connection, inbox, signal }: App,
  element: HTMLElement,
  slugOfOpen: () => string | undefined,
): () => void {
  const underWay = new Set<string>()

  async function markRead(notifications: readonly Notification[]): Promise<void> {
    for (const { id, readAt, metadata } of notifications) {
      const isOfRoom = slugOfOpen() !== undefined && metadata?.room === slugOfOpen()
      if (!isOfRoom || readAt !== undefined || underWay.has(id)) continue
      if (!connection.socket.connected || signal.aborted) return
      underWay.add(id)
      await connection.request('notification:mark-read', { id }).finally(() => underWay.delete(id))
      await new Promise((resolve) => setTimeout(resolve, MARK_EVERY_MS))
    }
  }

  /** What fails stays unread, and is tried again when the reader is back. */
  function read(find: () => readonly Notification[] | Promise<readonly Notification[]>): void {
    if (slugOfOpen() === undefined || !isInFront(element)) return
    const work = async () => markRead(await find())
    work().catch((problem) => console.debug('not marked as read', problem))
  }

  arrived.on((notification) => read(() => [notification]))
  document.addEventListener('visibilitychange', () => read(inbox.list), { signal })
  document.addEventListener('scrollend', () => read(inbox.list), { signal })
  return () =>
    read(async () => {
      const unread = '/api/notifications?unread=true&type=room.message&limit=100'
      return (await api<NotificationPage>('GET', unread)).data.items
    })
}

/** Whether a part of the page is in view, and the page is. */
export function isInFront(element: HTMLElement): boolean {
  const { top, bottom, height } = element.getBoundingClientRect()
  return height > 0 && document.visibilityState === 'visible' && bottom > 0 && top < window.innerHeight
}
