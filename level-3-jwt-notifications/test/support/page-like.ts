import { createInbox, type Inbox } from '../../client/inbox.ts'
import type { Notification } from '../../src/events.ts'
import { connectTab } from './tab.ts'

/** A tab with the page's own inbox behind its socket: what it shows is what a browser would show. */
export interface PageLike {
  inbox: Inbox<Notification>
  /** How often each notification was shown as new, by its id. */
  shown: Map<string, number>
  /** How often it has connected. */
  connects: number
}

export function openPageLike(url: string, token: string): PageLike {
  const shown = new Map<string, number>()
  const show = ({ id }: Notification) => void shown.set(id, (shown.get(id) ?? 0) + 1)
  const inbox = createInbox({ onChange: () => undefined, onNew: show })
  const page: PageLike = { inbox, shown, connects: 0 }
  const { socket } = connectTab(url, (give: (auth: object) => void) => give({ token, after: inbox.cursor }))
  const tellSeen = () => socket.emit('notifications:seen', { upTo: inbox.cursor ?? 0 }, () => undefined)

  socket.on('connect', () => {
    page.connects++
  })
  socket.on('session:ready', () => inbox.connecting())
  socket.on('connect_error', () => {
    // Refused, not unreachable (the database may be away just now): Socket.IO leaves it to us to come back.
    if (!socket.active) setTimeout(() => socket.connect(), 200)
  })
  socket.on('notifications:initial', (initial) => void inbox.initial(initial))
  socket.on('notifications:missed', (missed) => {
    inbox.missed(missed).forEach(show)
    tellSeen()
  })
  socket.on('notification:new', inbox.live)
  return page
}
