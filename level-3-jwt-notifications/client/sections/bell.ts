import { byId, h } from '@levels/shared/client/dom.ts'
import { icon } from '@levels/shared/client/icons.ts'
import type { App } from '../app.ts'
import { goTo } from '../places.ts'

/** The bell in the header: how many are unread, a shake for each new one, and the way to the centre. */
export function mountBell({ inbox, changed, arrived, signal }: App): void {
  const place = byId('bell', HTMLElement)
  const badge = h('b', { hidden: true })
  const bell = h('button', { className: 'icon bell', type: 'button' }, icon('bell'), badge)
  const title = document.title.replace(/^\(\d+\) /, '')

  bell.onclick = () => {
    goTo('centre')
  }
  const draw = () => {
    const { unread } = inbox
    badge.hidden = unread === 0
    badge.textContent = unread > 99 ? '99+' : String(unread)
    bell.setAttribute('aria-label', `Notifications, ${unread} unread`)
    document.title = unread === 0 ? title : `(${unread}) ${title}`
  }
  changed.on(draw)
  arrived.on(() => {
    bell.classList.remove('shake')
    void bell.offsetWidth // asking for the layout in between is what makes the animation start anew
    bell.classList.add('shake')
  })
  signal.addEventListener('abort', () => {
    document.title = title
    place.replaceChildren()
  })
  place.replaceChildren(bell)
  draw()
}
