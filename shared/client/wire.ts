import { clock, copyOnClick, h } from './dom.ts'
import { listen } from './tap.ts'

/** One line of the timeline. */
export interface WireEntry {
  /**
   * `in` came from the server, `out` went to it. `note` is what the page itself has to say: it never crossed the wire.
   */
  direction: 'in' | 'out' | 'note'
  /** What it is, in a word: text, event, ping, http … */
  kind: string
  /** What crossed the wire, to the letter. */
  raw: string
  /** Its size in bytes. */
  bytes?: number
  /** What it means, in one line. */
  why: string
  /** What `raw` is made of, part by part, for whoever opens the line. Without it: all in one. */
  parts?: () => Part[]
  /** How many characters the parts keep besides `raw`. */
  kept?: number
}

/** A named part of what crossed. Text that is JSON is shown indented. */
export interface Part {
  name: string
  text: string
}

export interface Wire {
  add(entry: WireEntry): void
}

/** How many lines are kept, and of how many characters in all: a page that stays open for a day must not grow. */
const MOST_LINES = 300
const MOST_CHARACTERS = 600_000
/** How much of a line is shown before it is opened, in characters. */
const PREVIEW = 2_000
const arrows = { in: '↓', out: '↑', note: '·' }
const directions = { in: 'received', out: 'sent', note: 'a note of this page: it never crossed the wire' }

/**
 * Makes the "On the wire" panel in `section`: newest first; it can be paused, filtered and copied, and each line opens to
 * the whole of what crossed. `key` explains the digits that frames begin with.
 */
export function mountWire(section: HTMLElement, key?: readonly Part[]): Wire {
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
  const keyParts = key && describeParts(key)
  if (keyParts) keyParts.hidden = true
  section.classList.add('card', 'wire')
  section.setAttribute('aria-labelledby', title.id)
  const keyButton = keyParts && toggleButton(h('span', {}, 'Key'), 'btn small', () => keyParts)
  section.append(h('div', { className: 'wire-bar' }, title, filter, keyButton, pause, copy))
  if (keyParts) section.append(h('div', { className: 'wire-key' }, keyParts))
  section.append(empty, list)

  const entries = new WeakMap<Element, WireEntry>()
  const waiting: HTMLLIElement[] = []
  let characters = 0
  let paused = false

  const matches = (line: HTMLElement) =>
    `${line.textContent} ${entries.get(line)?.raw}`.toLowerCase().includes(filter.value.trim().toLowerCase())
  const sizeOf = ({ raw, kept = 0 }: WireEntry) => raw.length + kept
  const forget = (line: Element | null | undefined) => {
    const entry = line && entries.get(line)
    if (entry) characters -= sizeOf(entry)
    line?.remove()
  }
  const isTooMuch = (lines: number) => lines > MOST_LINES || (lines > 1 && characters > MOST_CHARACTERS)
  const show = (line: HTMLLIElement) => {
    line.hidden = !matches(line)
    list.prepend(line)
    while (isTooMuch(list.children.length)) forget(list.lastElementChild)
    empty.hidden = true
  }

  pause.onclick = () => {
    paused = !paused
    if (!paused) for (const line of waiting.splice(0)) show(line)
    pause.textContent = paused ? 'Resume' : 'Pause'
  }
  filter.oninput = () => {
    for (const line of list.children) if (line instanceof HTMLElement) line.hidden = !matches(line)
  }
  copyOnClick(copy, () => {
    const shown = [...list.children].filter((line) => !(line instanceof HTMLElement && line.hidden))
    return shown
      .reverse()
      .map((line) => asText(line, entries.get(line)?.raw ?? ''))
      .join('\n')
  })

  const wire: Wire = {
    add(entry) {
      const line = toLine(entry)
      entries.set(line, entry)
      characters += sizeOf(entry)
      if (!paused) return show(line)
      waiting.push(line)
      // What waits counts with what is shown: the oldest of both goes first.
      while (isTooMuch(waiting.length)) forget(list.lastElementChild ?? waiting.shift())
      pause.textContent = `Resume (${waiting.length})`
    },
  }
  listen({
    offline: (ms) =>
      wire.add({
        direction: 'note',
        kind: 'offline',
        raw: `${ms / 1_000} s`,
        why: 'on purpose: nothing gets through',
      }),
    online: () =>
      wire.add({
        direction: 'note',
        kind: 'online',
        raw: 'the network is back',
        why: 'the page notices with its next attempt, when the delay before it is over',
      }),
  })
  return wire
}

function toLine(entry: WireEntry): HTMLLIElement {
  const { direction, kind, raw, bytes, why } = entry
  const size = bytes === undefined ? '' : bytes < 1_024 ? `${bytes} B` : `${(bytes / 1_024).toFixed(1)} KiB`
  const line = h(
    'li',
    { attributes: { 'data-direction': direction } },
    h('span', { className: direction, title: directions[direction] }, arrows[direction]),
    h('code', {}, raw.length > PREVIEW ? `${raw.slice(0, PREVIEW)}…` : raw),
    h('span', { className: 'size' }, size),
    h('span', { className: 'why' }, h('b', {}, kind), ` ${why}`),
    h('time', {}, clock()),
  )
  const label = h('span', { className: 'visually-hidden' }, 'The whole of it')
  line.append(toggleButton(label, 'whole', () => openEntry(line, entry)))
  return line
}

/** What the line opens to, made when it is first asked for. */
function openEntry(line: HTMLElement, { parts, raw, kind }: WireEntry): HTMLElement {
  const existing = line.querySelector<HTMLElement>('.parts')
  if (existing) return existing
  const made = describeParts(parts?.() ?? [{ name: kind, text: raw }])
  made.hidden = true
  line.append(made)
  return made
}

function toggleButton(label: HTMLElement, className: string, target: () => HTMLElement): HTMLButtonElement {
  const button = h('button', { className, type: 'button', attributes: { 'aria-expanded': 'false' } }, label)
  button.onclick = () => {
    const element = target()
    element.hidden = !element.hidden
    button.setAttribute('aria-expanded', String(!element.hidden))
  }
  return button
}

function describeParts(parts: readonly Part[]): HTMLDListElement {
  const rows = parts.flatMap(({ name, text }) => [
    h('dt', {}, name),
    h('dd', {}, h('pre', {}, indented(text))),
  ])
  return h('dl', { className: 'parts', tabIndex: 0 }, ...rows)
}

function indented(text: string): string {
  if (!/^[[{]/.test(text)) return text
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text // half a packet, or no JSON after all: as it is
  }
}

function asText(line: Element, raw: string): string {
  const [direction, , size, why, time] = [...line.children].map((part) => part.textContent ?? '')
  return [time, direction, raw, size && `(${size})`, `— ${why}`].filter(Boolean).join(' ')
}
