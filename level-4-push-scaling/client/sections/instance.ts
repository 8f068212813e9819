import type { App } from '@levels/3-jwt-notifications/client/index.ts'
import { byId, h } from '@levels/shared/client/dom.ts'
import { icon } from '@levels/shared/client/icons.ts'

/** The answer of `GET /readyz`. */
interface Readiness {
  status: 'ready' | 'unready'
  checks: Record<string, 'up' | 'down'>
}

/** The longest pause before this page tries again, in milliseconds: another instance answers at once, or this one soon. */
const RECONNECT_MS = 1_000

/** For how long the header says in large letters that the page has moved, in milliseconds: to be seen by a whole room. */
const SHOUT_MS = 8_000

const LOOK_EVERY_MS = 5_000

/** Which instance this page is on, where it was before, and whether that instance has what it needs. */
export function mountInstance({ connection, wire, signal }: App): void {
  const section = byId('instance', HTMLElement)
  const title = h('h2', { id: 'instance-title' }, 'Instance')
  const name = h('strong', { className: 'instance-name' }, '…')
  const checks = h('span', { className: 'push row' })
  const now = byId('instance-now', HTMLElement)
  const story = h('p', { className: 'hint', attributes: { role: 'status' } })
  let current: string | undefined
  let settling: ReturnType<typeof setTimeout> | undefined

  function settle(): void {
    now.classList.remove('moved')
    now.textContent = current ?? ''
  }

  connection.socket.io.reconnectionDelayMax(RECONNECT_MS)
  connection.socket.on('session:ready', ({ instance }) => {
    if (current !== undefined && current !== instance) {
      story.textContent = `This page moved from ${current} to ${instance}, and got from the log what it had missed.`
      now.classList.remove('moved')
      void now.offsetWidth // asking for the layout in between is what makes the animation start anew
      now.classList.add('moved')
      now.replaceChildren(h('s', {}, current), ' → ', instance)
      clearTimeout(settling)
      settling = setTimeout(settle, SHOUT_MS)
      wire.add({
        direction: 'note',
        kind: 'instance',
        raw: `${current} → ${instance}`,
        why: 'another process answers now; the log and the session are the same',
      })
    }
    const isFirst = current === undefined
    current = instance
    now.hidden = false
    if (isFirst) settle()
    name.textContent = instance
    look()
  })

  async function look(): Promise<void> {
    // Not over api(): this needs no token, and would fill the wire.
    const response = await fetch('/readyz').catch(() => undefined)
    const readiness: Readiness | undefined = await response?.json().catch(() => undefined)
    const found = Object.entries(readiness?.checks ?? {})
    checks.replaceChildren(
      ...(found.length > 0
        ? found.map(([service, state]) =>
            h('span', { className: 'chip', attributes: { 'data-state': state } }, `${service} ${state}`),
          )
        : [h('span', { className: 'chip', attributes: { 'data-state': 'down' } }, 'no answer')]),
    )
  }

  const timer = setInterval(() => {
    if (document.visibilityState === 'visible') look()
  }, LOOK_EVERY_MS)
  signal.addEventListener('abort', () => {
    clearInterval(timer)
    clearTimeout(settling)
    now.hidden = true
  })
  story.textContent =
    'One of several equal processes. Stop it, and this page moves to another one; nothing you see here depends on which.'
  section.setAttribute('aria-labelledby', title.id)
  section.replaceChildren(
    h(
      'div',
      { className: 'head' },
      title,
      h('span', { className: 'chip accent' }, icon('box', 14), name),
      checks,
    ),
    story,
  )
}
