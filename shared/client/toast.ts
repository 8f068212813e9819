import { h } from './dom.ts'
import { icon } from './icons.ts'

export interface Toast {
  /** A user's name: kept apart from the title, whichever direction either is written in. */
  from?: string | undefined
  title: string
  text?: string
  /** A link below the text. The caller vouches for `href`. */
  action?: { label: string; href: string }
}

/** How long a toast stays, in milliseconds; it waits while the pointer or the focus is on it. */
const STAYS_MS = 10_000
/** More at once would cover the page: the oldest goes. */
const MOST = 4

/** Shows a toast in the corner of the page. Not in a hidden tab: nobody would see it, and it would be gone later. */
export function showToast({ from, title, text, action }: Toast): void {
  if (document.visibilityState === 'hidden') return
  const close = () => toast.remove()
  const toast = h(
    'div',
    { className: 'toast' },
    h('h3', {}, ...(from ? [h('bdi', {}, from), ': '] : []), h('bdi', {}, title)),
    text ? h('p', { dir: 'auto' }, text) : undefined,
    action ? h('a', { href: action.href, onclick: close }, action.label) : undefined,
    h(
      'button',
      { className: 'close', type: 'button', onclick: close, attributes: { 'aria-label': 'Close' } },
      icon('cross', 14),
    ),
  )
  let timer = setTimeout(close, STAYS_MS)
  const hold = () => clearTimeout(timer)
  const letGo = () => {
    hold()
    timer = setTimeout(close, STAYS_MS)
  }
  toast.addEventListener('pointerenter', hold)
  toast.addEventListener('pointerleave', letGo)
  toast.addEventListener('focusin', hold)
  toast.addEventListener('focusout', letGo)
  const corner = toastCorner()
  corner.append(toast)
  while (corner.children.length > MOST) corner.firstElementChild?.remove()
}

function toastCorner(): HTMLElement {
  const existing = document.querySelector<HTMLElement>('.toasts')
  if (existing) return existing
  // A live region must stand before its content changes, or screen readers miss the change.
  const corner = h('div', { className: 'toasts', attributes: { role: 'status', 'aria-live': 'polite' } })
  // After the level, before the wire: on a phone it stays above what comes there (small-screens.css).
  document.querySelector('#level')?.after(corner)
  return corner
}
