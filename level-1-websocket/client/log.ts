import { byId, clock, h } from '@levels/shared/client/dom.ts'
import { icon } from '@levels/shared/client/icons.ts'

const MOST = 200

/** The list of what came, newest first. */
export function createLog(): { add(data: string | ArrayBuffer): void } {
  const list = byId('log', HTMLOListElement)
  list.tabIndex = 0 // it scrolls, so the keyboard must reach it
  const empty = byId('log-empty', HTMLElement)
  byId('clear', HTMLButtonElement).onclick = () => {
    list.replaceChildren()
    empty.hidden = false
  }
  return {
    add(data) {
      const isText = typeof data === 'string'
      list.prepend(
        h(
          'li',
          {},
          h('span', { className: 'kind accent' }, icon(isText ? 'bubble' : 'box')),
          h(
            'div',
            {},
            h('h3', {}, isText ? shortened(data) : asHex(data)),
            h('p', {}, isText ? `text, ${data.length} characters` : `${data.byteLength} bytes`),
          ),
          h('time', {}, clock()),
        ),
      )
      while (list.children.length > MOST) list.lastElementChild?.remove()
      empty.hidden = true
    },
  }
}

/** What is long is cut: 64 KiB in one line would bury everything else. */
function shortened(text: string): string {
  return text.length > 500 ? `${text.slice(0, 500)}…` : text
}

/** The first bytes in hexadecimal: `50 4b 03 04 …`. */
export function asHex(data: ArrayBuffer): string {
  const first = [...new Uint8Array(data, 0, Math.min(24, data.byteLength))]
  return (
    first.map((byte) => byte.toString(16).padStart(2, '0')).join(' ') + (data.byteLength > 24 ? ' …' : '')
  )
}
