import type { Notification, NotificationPage, NotificationType } from '../src/events.ts'
import type { Api } from './api.ts'
import type { Inbox } from './inbox.ts'

/** What the user wants to see of the log. */
export interface Filter {
  unread: boolean
  type: NotificationType | undefined
}

/** The log as one filter shows it, from the newest back to where it was loaded. */
export interface History {
  /** Newest first. */
  items(): Notification[]
  hasMore(): boolean
  /** Loads a page further back. Throws Problem. */
  more(): Promise<void>
}

const PAGE = 20

/** Pages are asked for by number ("before 41"), not by offset: what arrives meanwhile shifts nothing. */
export function createHistory(inbox: Inbox<Notification>, api: Api, filter: Filter): History {
  /** Behind the inbox's own floor this filter has been loaded down to here. */
  let floor = Number.POSITIVE_INFINITY
  const lowest = () => Math.min(floor, inbox.floor)

  return {
    items: () =>
      inbox.list().filter(({ seq, type, readAt }) => {
        if (filter.unread && readAt !== undefined) return false
        return seq >= lowest() && (filter.type === undefined || type === filter.type)
      }),
    hasMore: () => lowest() > 1 && Number.isFinite(lowest()),
    async more() {
      const before = lowest()
      const query = new URLSearchParams({ before: String(before), limit: String(PAGE) })
      if (filter.unread) query.set('unread', 'true')
      if (filter.type) query.set('type', filter.type)
      const { items, nextBefore } = (await api<NotificationPage>('GET', `/api/notifications?${query}`)).data
      floor = nextBefore ?? 1
      if (filter.unread || filter.type) inbox.found(items)
      else inbox.stretch({ from: floor, to: before - 1, items })
    },
  }
}
