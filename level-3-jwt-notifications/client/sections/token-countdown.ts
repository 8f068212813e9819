import { h } from '@levels/shared/client/dom.ts'
import type { App } from '../app.ts'

/** How long the access token is still good: a line with a bar, drawn every second. */
export function tokenCountdown({ session, signal }: App): HTMLElement {
  const bar = h('meter', { min: 0, attributes: { 'aria-label': 'Time left of the access token' } })
  const left = h('span')
  const draw = () => {
    if (!session.access) return
    const { claims, expiresAt } = session.access
    const seconds = Math.max(0, Math.round((expiresAt - Date.now()) / 1_000))
    bar.max = claims.exp - claims.iat
    bar.value = seconds
    const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
    left.textContent = seconds === 0 ? 'expired' : `${clock} left`
  }
  const timer = setInterval(draw, 1_000)
  signal.addEventListener('abort', () => clearInterval(timer))
  draw()
  return h('p', { className: 'token' }, 'access token', bar, left)
}
