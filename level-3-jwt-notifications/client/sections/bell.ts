import { byId, h } from '@levels/shared/client/dom.ts'
import { icon } from '@levels/shared/client/icons.ts'
import type { App } from '../app.ts'
import { drawList } from '../draw-list.ts'
import { goTo } from '../places.ts'
import { inWords } from '../words.ts'
import { notificationItem } from './notification-item.ts'

/** The newest of them; the section has all. */
const IN_PANEL = 8
/** The server counts no further. */
const MOST_COUNTED = 999

/** The bell in the header: how many are unread, a shake for each new one, and the newest in a panel under it. */
export function mountBell({ connection, inbox, preferences, changed, arrived, signal }: App): void {
  const place = byId('bell', HTMLElement)
  const badge = h('b', { hidden: true })
  const bell = h(
    'button',
    { className: 'icon bell', type: 'button', attributes: { 'aria-expanded': 'false' } },
    icon('bell'),
    badge,
  )
  const heading = h('h2', { id: 'panel-title', tabIndex: -1 }, 'Newest')
  const list = h('ol', { className: 'list scroll', tabIndex: 0, attributes: { 'aria-label': 'Newest' } })
  const empty = h('p', { className: 'empty' }, 'Nothing yet.')
  const error = h('p', { className: 'error', attributes: { role: 'alert' } })
  const markAll = h('button', { className: 'btn small push', type: 'button' }, 'Mark all read')
  const all = h('button', { className: 'btn', type: 'button' }, 'All notifications')
  const panel = h(
    'section',
    { className: 'card panel', hidden: true, attributes: { 'aria-labelledby': heading.id } },
    h('div', { className: 'head' }, heading, markAll),
    error,
    empty,
    list,
    all,
  )
  const title = document.title.replace(/^\(\d+\+?\) /, '')

  const act = (work: Promise<unknown>) => {
    error.textContent = ''
    work.catch((problem) => {
      error.textContent = inWords(problem)
    })
  }
  const actions = {
    markRead: ({ id }: { id: string }, read: boolean) =>
      act(connection.request('notification:mark-read', { id, read })),
    remove: ({ id }: { id: string }) => act(connection.request('notification:delete', { id })),
  }

  function show(isOpen: boolean): void {
    panel.hidden = !isOpen
    bell.setAttribute('aria-expanded', String(isOpen))
    draw()
    if (isOpen) heading.focus({ preventScroll: true })
    else list.replaceChildren()
  }

  function draw(): void {
    const count = inbox.unread > MOST_COUNTED ? `${MOST_COUNTED}+` : String(inbox.unread)
    badge.hidden = inbox.unread === 0
    badge.textContent = count
    bell.setAttribute('aria-label', `Notifications, ${count} unread`)
    document.title = inbox.unread === 0 ? title : `(${count}) ${title}`
    if (panel.hidden) return
    const newest = inbox.list().slice(0, IN_PANEL)
    markAll.disabled = inbox.unread === 0
    empty.hidden = newest.length > 0
    list.hidden = newest.length === 0
    drawList(
      list,
      newest,
      ({ id }) => id,
      (item) => notificationItem(item, actions),
    )
  }

  bell.onclick = () => show(panel.hidden !== false)
  markAll.onclick = () => act(connection.request('notifications:mark-all-read', {}))
  all.onclick = () => {
    show(false)
    goTo('centre')
  }
  panel.addEventListener('click', ({ target }) => {
    if (target instanceof Element && target.closest('a')) show(false)
  })
  place.onkeydown = ({ key }) => {
    if (key !== 'Escape' || panel.hidden) return
    show(false)
    bell.focus()
  }
  const closeOutside = (event: Event) => {
    if (!panel.hidden && !event.composedPath().includes(place)) show(false)
  }
  document.addEventListener('click', closeOutside, { signal })
  document.addEventListener('focusin', closeOutside, { signal })
  changed.on(draw)
  arrived.on((notification) => {
    if (!preferences.allows(notification)) return
    bell.classList.remove('shake')
    void bell.offsetWidth // asking for the layout in between is what makes the animation start anew
    bell.classList.add('shake')
  })
  signal.addEventListener('abort', () => {
    document.title = title
    place.replaceChildren()
  })
  place.replaceChildren(bell, panel)
  draw()
}
