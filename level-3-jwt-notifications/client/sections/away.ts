import { byId, h } from '@levels/shared/client/dom.ts'
import { icon } from '@levels/shared/client/icons.ts'
import type { App } from '../app.ts'
import { count } from '../words.ts'

/** "While you were away": what came when no tab of the user's was there to show it. */
export function mountAway({ missed }: App): void {
  const place = byId('away', HTMLElement)
  const text = h('p')
  const close = h('button', { className: 'btn small push', type: 'button' }, 'Got it')
  const banner = h('div', { className: 'card away' }, icon('mail'), text, close)
  let number = 0

  close.onclick = () => {
    number = 0
    place.replaceChildren()
    byId('centre', HTMLElement).querySelector<HTMLElement>('h2')?.focus({ preventScroll: true })
  }
  missed.on((items) => {
    number += items.length
    if (number === 0) return
    text.replaceChildren(
      h('strong', {}, 'While you were away'),
      ` ${count(number, 'notification')} arrived. ${number === 1 ? 'It is' : 'They are'} marked below.`,
    )
    place.replaceChildren(banner)
  })
  place.replaceChildren()
}
