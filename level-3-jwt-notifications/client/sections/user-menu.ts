import { byId, h } from '@levels/shared/client/dom.ts'
import { icon } from '@levels/shared/client/icons.ts'
import type { App } from '../app.ts'
import { inWords } from '../words.ts'

/** The menu under the user's name. */
export function mountUserMenu({ user, session, signal }: App): void {
  const place = byId('user-menu', HTMLElement)
  const error = h('p', { className: 'error', attributes: { role: 'alert' } })
  const signOut = h('button', { className: 'btn', type: 'button' }, icon('door', 16), 'Sign out')
  const devices = h('a', { className: 'btn', href: '#devices' }, icon('device', 16), 'Your devices')
  const account = h('a', { className: 'btn', href: '#account' }, icon('gear', 16), 'Your account')
  const menu = h(
    'details',
    { className: 'menu' },
    h(
      'summary',
      { className: 'btn', attributes: { 'aria-label': `${user.username}, your menu` } },
      h('bdi', {}, user.username),
    ),
    h(
      'div',
      { className: 'card' },
      h('p', {}, h('strong', {}, h('bdi', {}, user.username)), user.role === 'admin' ? ' · admin' : ''),
      devices,
      account,
      h('a', { className: 'btn', href: '/api-docs' }, icon('box', 16), 'The API'),
      signOut,
      error,
    ),
  )
  signOut.onclick = async () => {
    try {
      await session.signOut()
    } catch (problem) {
      error.textContent = inWords(problem)
    }
  }
  const close = () => {
    menu.open = false
  }
  devices.onclick = account.onclick = close
  const closeOutside = ({ target }: Event) => {
    if (target instanceof Node && !menu.contains(target)) close()
  }
  document.addEventListener('click', closeOutside, { signal })
  document.addEventListener('focusin', closeOutside, { signal })
  menu.onkeydown = ({ key }) => {
    if (key !== 'Escape') return
    close()
    menu.querySelector('summary')?.focus()
  }
  signal.addEventListener('abort', () => place.replaceChildren())
  place.replaceChildren(menu)
}
