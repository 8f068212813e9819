import type { App } from '@levels/3-jwt-notifications/client/index.ts'
import { h } from '@levels/shared/client/dom.ts'
import type { DeliveryStats } from '../../src/events.ts'

const HOURS = 24
const HOUR_MS = 3_600_000
/** The chart's own units; the stylesheet scales it. */
const STEP = 20
const HEIGHT = 80
const states = ['sent', 'failed', 'pending'] as const

/** The last day of deliveries: a bar an hour, and a line of numbers for each channel. */
export function deliveryStats({ api }: App): { element: HTMLElement; load(): Promise<void> } {
  const chart = h('div', { className: 'chart' })
  const key = h('p', { className: 'row hint' }, ...states.map((state) => chip(state, state)))
  const table = h('div', {
    className: 'table',
    tabIndex: 0,
    attributes: { role: 'group', 'aria-label': 'By channel' },
  })
  const oldest = h('p', { className: 'hint' })
  const element = h('div', {}, h('h3', {}, 'The last 24 hours'), chart, key, table, oldest)

  return {
    element,
    /** Throws Problem. */
    async load() {
      const { data } = await api<DeliveryStats>('GET', '/api/admin/deliveries/stats')
      chart.replaceChildren(draw(data.hours))
      table.replaceChildren(tableOf(data.channels))
      table.hidden = data.channels.length === 0
      oldest.textContent =
        data.oldestPendingMs === null
          ? 'Nothing is waiting.'
          : `The oldest that is not finished was made ${inWords(data.oldestPendingMs)} ago.`
    },
  }
}

/** Bars from the oldest hour to this one, all channels together, each state a part of the bar. */
function draw(hours: DeliveryStats['hours']): SVGSVGElement {
  const thisHour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS
  const bars = Array.from({ length: HOURS }, (_, n) => {
    const start = thisHour - (HOURS - 1 - n) * HOUR_MS
    const inHour = hours.filter(({ hour }) => Date.parse(hour) === start)
    return { start, counts: states.map((state) => inHour.reduce((sum, counts) => sum + counts[state], 0)) }
  })
  const total = (counts: number[]) => counts.reduce((sum, count) => sum + count, 0)
  const most = Math.max(1, ...bars.map(({ counts }) => total(counts)))
  const picture = svg('svg', {
    viewBox: `0 0 ${HOURS * STEP} ${HEIGHT}`,
    role: 'img',
    preserveAspectRatio: 'none',
  })
  const all = total(bars.flatMap(({ counts }) => counts))
  picture.setAttribute('aria-label', `Deliveries by hour: ${all} in 24 hours, at most ${most} in one`)
  for (const [n, { start, counts }] of bars.entries()) {
    let y = HEIGHT
    const hour = svg('g', {})
    const words = states.map((state, s) => `${counts[s]} ${state}`).join(', ')
    const clock = new Date(start).toLocaleTimeString('en-GB', { timeStyle: 'short' })
    hour.append(svg('title', {}, `${clock}: ${words}`))
    // An hour without deliveries is drawn, too: the pointer finds it, and the base line is complete.
    hour.append(svg('rect', { x: n * STEP, y: HEIGHT - 1, width: STEP - 3, height: 1, class: 'none' }))
    for (const [s, count] of counts.entries()) {
      const height = (count / most) * (HEIGHT - 4)
      y -= height
      if (count > 0)
        hour.append(svg('rect', { x: n * STEP, y, width: STEP - 3, height, class: states[s] ?? '' }))
    }
    picture.append(hour)
  }
  return picture
}

function tableOf(channels: DeliveryStats['channels']): HTMLTableElement {
  const head = ['Channel', ...states, 'median delay', '95th percentile']
  const row = (cells: string[]) => h('tr', {}, ...cells.map((cell) => h('td', {}, cell)))
  return h(
    'table',
    { className: 'wishes' },
    h('thead', {}, h('tr', {}, ...head.map((name) => h('th', { scope: 'col' }, name)))),
    h(
      'tbody',
      {},
      ...channels.map(({ channel, sent, failed, pending, medianDelayMs, p95DelayMs }) =>
        row([channel, ...[sent, failed, pending].map(String), inWords(medianDelayMs), inWords(p95DelayMs)]),
      ),
    ),
  )
}

/** `140 ms`, `2.5 s`, `12 min`. */
function inWords(ms: number | null): string {
  if (ms === null) return '–'
  if (ms < 1_000) return `${Math.round(ms)} ms`
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`
}

function chip(text: string, state: string): HTMLElement {
  return h('span', { className: 'chip', attributes: { 'data-state': state } }, text)
}

function svg<T extends keyof SVGElementTagNameMap>(
  tag: T,
  attributes: Record<string, string | number>,
  text = '',
): SVGElementTagNameMap[T] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value))
  element.textContent = text
  return element
}
