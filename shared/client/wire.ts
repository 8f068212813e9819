import { clock, copyOnClick, h } from './dom.ts'

/** One line of the timeline. */
export interface WireEntry {
  /** `in` came from the server, `out` went to it, `note` is what the page itself has to say. */
  direction: 'in' | 'out' | 'note'
  /** What it is, in a word: text, event, ping, http … */
  kind: string
  /** What crossed the wire, to the letter. */
  raw: string
  /** Its size in bytes. */
  bytes?: number
  /** What it means, in one line. */
  why: string
}

export interface Wire {
  add(entry: WireEntry): void
}

/** How many lines are kept: a page that stays open for a day must not grow. */
const MOST = 300
const arrows = { in: '↓', out: '↑', note: '·' }
const directions = { in: 'received', out: 'sent', note: 'note' }

/** Makes the "On the wire" panel in `section`: newest first; it can be paused, filtered and copied. */
export function mountWire(section: HTMLElement): Wire {
  const list = h('ol', { tabIndex: 0, attributes: { 'aria-label': 'What crossed the wire, newest first' } })
  const empty = h(
    'p',
    { className: 'empty' },
    'Nothing yet. Whatever crosses the socket shows here, as it is.',
  )
  const pause = h('button', { className: 'btn small', type: 'button' }, 'Pause')
  const copy = h('button', { className: 'btn small', type: 'button' }, 'Copy')
  const filter = h('input', {
    type: 'search',
    placeholder: 'Filter',
    attributes: { 'aria-label': 'Filter the wire' },
  })
  const title = h('h2', { id: 'wire-title' }, 'On the wire')
  section.classList.add('card', 'wire')
  section.setAttribute('aria-labelledby', title.id)
  section.append(h('div', { className: 'wire-bar' }, title, filter, pause, copy), empty, list)

  const waiting: HTMLLIElement[] = []
  let paused = false

  const matches = (line: HTMLElement) =>
    (line.textContent ?? '').toLowerCase().includes(filter.value.trim().toLowerCase())
  const show = (line: HTMLLIElement) => {
    line.hidden = !matches(line)
    list.prepend(line)
    while (list.children.length > MOST) list.lastElementChild?.remove()
    empty.hidden = true
  }

  pause.onclick = () => {
    paused = !paused
    if (!paused) for (const line of waiting.splice(0)) show(line)
    pause.textContent = paused ? 'Resume' : 'Pause'
  }
  filter.oninput = () => {
    for (const line of list.querySelectorAll('li')) line.hidden = !matches(line)
  }
  copyOnClick(copy, () => {
    const shown = [...list.querySelectorAll('li')].filter((line) => !line.hidden)
    return shown.reverse().map(asText).join('\n')
  })

  return {
    add(entry) {
      const line = toLine(entry)
      if (!paused) return show(line)
      waiting.push(line)
      if (waiting.length > MOST) waiting.shift()
      pause.textContent = `Resume (${waiting.length})`
    },
  }
}

function toLine({ direction, kind, raw, bytes, why }: WireEntry): HTMLLIElement {
  const size = bytes === undefined ? '' : bytes < 1_024 ? `${bytes} B` : `${(bytes / 1_024).toFixed(1)} KiB`
  return h(
    'li',
    {},
    h('span', { className: direction, title: directions[direction] }, arrows[direction]),
    h('code', {}, raw.length > 2_000 ? `${raw.slice(0, 2_000)}…` : raw),
    h('span', { className: 'size' }, size),
    h('span', { className: 'why' }, h('b', {}, kind), ` ${why}`),
    h('time', {}, clock()),
  )
}

function asText(line: HTMLLIElement): string {
  const [direction, raw, size, why, time] = [...line.children].map((part) => part.textContent ?? '')
  return [time, direction, raw, size && `(${size})`, `— ${why}`].filter(Boolean).join(' ')
}
