import { h } from '@levels/shared/client/dom.ts'
import { icon } from '@levels/shared/client/icons.ts'
import { checkUp, type Finding, type Link, links } from '../push/check-up.ts'
import { createProbes } from '../push/probes.ts'
import type { Push } from '../push/push.ts'

/** What each link means to somebody who never heard of it. */
const meanings: Record<Link, string> = {
  permission: 'you allow notifications',
  worker: 'the part of this page that the browser can start without the page',
  subscription: 'the browser’s address at its push service, made for this server’s key',
  'server knows it': 'our server has this address',
  'push service accepted': 'it took a test message from our server',
  'worker received': 'the message came back to this browser',
  shown: 'the notification is on the screen',
}

/** The push check-up: follows a test message from the permission to the screen, and names the first broken link. */
export function checkUpPanel(push: Push, onDone: () => Promise<void>): HTMLElement {
  const start = h('button', { className: 'btn small push', type: 'button' }, 'Check')
  const list = h('ol', { className: 'links', hidden: true })
  const outcome = h('p', { className: 'outcome', attributes: { role: 'status' } })
  const lines = new Map<Link, HTMLLIElement>()

  function reset(): void {
    for (const link of links) {
      lines.set(
        link,
        h(
          'li',
          {},
          h('span', { className: 'mark' }),
          h('span', {}, h('strong', {}, link), ` ${meanings[link]}`),
        ),
      )
    }
    list.replaceChildren(...lines.values())
  }

  function report(link: Link, finding: Finding): void {
    const line = lines.get(link)
    if (!line) return
    line.dataset.state = finding.ok ? 'ok' : 'broken'
    line.firstElementChild?.replaceChildren(
      icon(finding.ok ? 'check' : 'cross', 15),
      h('span', { className: 'visually-hidden' }, finding.ok ? 'holds:' : 'broken:'),
    )
    if (!finding.ok) outcome.textContent = `Broken at “${link}”. ${finding.cure}`
    markNext()
  }

  /** The one that is being looked at now. */
  function markNext(): void {
    const states = [...lines.values()]
    const next = states.some(({ dataset }) => dataset.state === 'broken')
      ? undefined
      : states.find(({ dataset }) => dataset.state === undefined)
    if (next) next.dataset.state = 'asked'
  }

  start.onclick = async () => {
    start.disabled = true
    outcome.textContent = 'Checking…'
    list.hidden = false
    reset()
    markNext()
    await checkUp(createProbes(push), report)
    if (outcome.textContent === 'Checking…')
      outcome.textContent = 'Every link holds: push works in this browser.'
    await onDone()
    start.disabled = false
  }
  return h(
    'div',
    { className: 'part' },
    h(
      'div',
      { className: 'head' },
      h('h3', {}, 'Push check-up'),
      h('span', { className: 'hint' }, 'where does it break?'),
      start,
    ),
    list,
    outcome,
  )
}
