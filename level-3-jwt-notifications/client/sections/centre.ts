import { ask } from '@levels/shared/client/confirm.ts'
import { byId, h } from '@levels/shared/client/dom.ts'
import type { Notification, NotificationType } from '../../src/events.ts'
import type { App } from '../app.ts'
import { drawList } from '../draw-list.ts'
import { createHistory, type Filter } from '../history.ts'
import { ago, inWords, notificationTypes } from '../words.ts'
import { notificationItem } from './notification-item.ts'

/** The notification centre: the log, filtered, with everything one can do to it. */
export function mountCentre({ api, connection, inbox, changed, missed, signal }: App): void {
  const { request } = connection
  const section = byId('centre', HTMLElement)
  const title = h('h2', { id: 'centre-title', tabIndex: -1 }, 'Notifications')
  const all = h('button', { type: 'button', onclick: () => choose({ unread: false }) }, 'All')
  const unread = h('button', { type: 'button', onclick: () => choose({ unread: true }) })
  const type = h(
    'select',
    { attributes: { 'aria-label': 'Type' } },
    h('option', { value: '' }, 'Every type'),
    ...notificationTypes.map((name) => h('option', { value: name }, name)),
  )
  const markAll = h('button', { className: 'btn small', type: 'button' }, 'Mark all read')
  const deleteRead = h('button', { className: 'btn small', type: 'button' }, 'Delete read')
  const error = h('p', { className: 'error', attributes: { role: 'alert' } })
  const empty = h('p', { className: 'empty' })
  const list = h('ol', {
    className: 'list',
    id: 'notifications',
    attributes: { 'aria-labelledby': title.id },
  })
  const more = h('button', { className: 'btn', type: 'button' }, 'Load more')
  const moreLine = h('p', { className: 'more' }, more)

  let filter: Filter = { unread: false, type: undefined }
  let history = createHistory(inbox, api, filter)
  const away = new Set<string>()
  const actions = {
    markRead: ({ id }: Notification, read: boolean) =>
      act(() => request('notification:mark-read', { id, read })),
    remove: ({ id }: Notification) => act(() => request('notification:delete', { id })),
  }

  function choose(change: Partial<Filter>): void {
    filter = { ...filter, ...change }
    history = createHistory(inbox, api, filter)
    draw()
    // Of what is here, perhaps nothing passes the filter; further back there may be more.
    if (history.items().length < 5 && history.hasMore()) act(() => history.more())
  }

  /** Does what a click asked for. What it changes comes back as an event, here as in every other tab. */
  async function act(work: () => Promise<unknown>): Promise<void> {
    error.textContent = ''
    try {
      await work()
    } catch (problem) {
      error.textContent = inWords(problem)
    }
    draw()
  }

  function draw(): void {
    const items = history.items()
    all.setAttribute('aria-pressed', String(!filter.unread))
    unread.setAttribute('aria-pressed', String(filter.unread))
    unread.textContent = inbox.unread ? `Unread ${inbox.unread}` : 'Unread'
    markAll.disabled = inbox.unread === 0
    empty.hidden = items.length > 0
    empty.textContent = nothing(filter)
    moreLine.hidden = !history.hasMore()
    drawList(
      list,
      items,
      ({ id }) => id,
      (item) => notificationItem(item, actions),
    )
    for (const line of list.children)
      line.classList.toggle('missed', away.has((line as HTMLElement).dataset.key ?? ''))
  }

  type.onchange = () => choose({ type: notificationTypes.find((name) => name === type.value) })
  markAll.onclick = () => act(() => request('notifications:mark-all-read', {}))
  deleteRead.onclick = () =>
    ask({
      title: 'Delete everything you have read?',
      text: 'It goes from all your devices, and does not come back.',
      action: 'Delete read',
      run: () => api('DELETE', '/api/notifications?read=true'),
      inWords,
    })
  more.onclick = () => act(() => history.more())
  missed.on((items) => {
    for (const { id } of items) away.add(id)
  })
  changed.on(draw)
  // After a reconnect the inbox begins anew behind its floor, and so does what the filter found there.
  connection.socket.on('notifications:initial', () => choose({}))
  const times = setInterval(() => {
    for (const time of list.querySelectorAll('time')) time.textContent = ago(time.dateTime)
  }, 30_000)
  signal.addEventListener('abort', () => clearInterval(times))
  section.setAttribute('aria-labelledby', title.id)
  section.replaceChildren(
    h(
      'div',
      { className: 'head' },
      title,
      h('div', { className: 'tabs', attributes: { role: 'group', 'aria-label': 'Filter' } }, all, unread),
      type,
      h('span', { className: 'push row' }, markAll, deleteRead),
    ),
    error,
    empty,
    list,
    moreLine,
  )
  draw()
}

function nothing({ unread, type }: { unread: boolean; type: NotificationType | undefined }): string {
  if (unread) return type ? `Nothing unread of the type ${type}.` : 'All read.'
  return type ? `Nothing of the type ${type}.` : 'Nothing yet. Send yourself something below.'
}
