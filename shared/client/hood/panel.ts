import '../look/hood.css'
import type { Happening } from '../../hood/happening.ts'
import { h } from '../dom.ts'
import { icon } from '../icons.ts'
import { listen } from '../tap.ts'
import { draw } from './draw.ts'
import { download, toMermaid, toSvgFile } from './export.ts'
import type { ThisPage } from './mount.ts'
import { type Arrow, createStories, type Known, nameOf, type Picture, sinceFirst } from './story.ts'

const PATH = '/under-the-hood'
/** What is kept of this page's own traffic: enough to find the last notifications in it. */
const MAX_KEPT = 100
const MAX_TEXT = 20_000
/** How many notifications can be chosen. */
const MAX_PICTURES = 8
const EVERY_MS = 1_000
/** So near to its end the picture counts as scrolled there. */
const NEAR_PX = 8

/** The panel "Under the hood": the way of the last notification, drawn while it happens. */
export function createPanel(page: ThisPage, onClose: () => void) {
  const stories = createStories()
  const known = watchThisPage()
  let skew = 0
  let chosen: string | undefined
  let picture: Picture | undefined
  /** The id of the picture that is on the stage. */
  let drawn: string | undefined
  /** The key of the arrow that is explained. */
  let picked: string | undefined
  let source: EventSource | undefined
  let timer: ReturnType<typeof setInterval> | undefined

  const which = h('select', { attributes: { 'aria-label': 'Which one' } })
  const empty = h(
    'p',
    { className: 'empty' },
    'Nothing yet. Send something, from here or from anywhere: its way is drawn here.',
  )
  const stage = h('div', {
    className: 'stage',
    tabIndex: 0,
    attributes: { role: 'group', 'aria-label': 'The picture' },
  })
  // The names stay in view, however long the way is.
  stage.onscroll = () => {
    stage.querySelector('.heads')?.setAttribute('transform', `translate(0 ${stage.scrollTop})`)
  }
  const detail = h('div', {
    className: 'detail',
    tabIndex: 0,
    attributes: { role: 'group', 'aria-label': 'What this arrow is', 'aria-live': 'polite' },
  })
  const list = h('ol', {})
  const asList = h('details', { className: 'as-list' }, h('summary', {}, 'The same as a list'), list)
  const button = (label: string, onclick: () => void) =>
    h('button', { className: 'btn small', type: 'button', onclick }, label)
  const svgButton = button('SVG', () => {
    const svg = stage.querySelector('svg')
    if (svg) download('under-the-hood.svg', 'image/svg+xml', toSvgFile(svg))
  })
  const mermaidButton = button('Mermaid', () => {
    if (picture) download('under-the-hood.mmd', 'text/plain', toMermaid(picture))
  })
  const close = h(
    'button',
    {
      className: 'close',
      type: 'button',
      attributes: { 'aria-label': 'Close under the hood' },
      onclick: hide,
    },
    icon('cross', 14),
  )
  const title = h('h2', { id: 'hood-title' }, 'Under the hood')
  const panel = h(
    'section',
    { className: 'hood', hidden: true, attributes: { 'aria-labelledby': title.id } },
    h('div', { className: 'head' }, title, which, svgButton, mermaidButton, close),
    empty,
    h('div', { className: 'scene' }, stage, detail),
    asList,
  )
  document.body.append(panel)
  new ResizeObserver(() => {
    if (picture && !panel.hidden) redraw(picture)
  }).observe(stage)
  which.onchange = () => {
    chosen = which.selectedIndex === 0 ? undefined : which.value
    show()
  }

  function show(): void {
    const now: Known = { ...known, sockets: page.sockets, now: Date.now() + skew }
    const pictures = stories.pictures(now).slice(0, MAX_PICTURES)
    const next = pictures.find(({ id }) => id === chosen) ?? pictures[0]
    const options = pictures.map(({ id, title: text }, index) =>
      h('option', { value: id, selected: next?.id === id }, index === 0 ? `The last: ${text}` : text),
    )
    if (options.map(({ text }) => text).join() !== [...which.options].map(({ text }) => text).join())
      which.replaceChildren(...options)
    if (next) which.value = next.id
    empty.hidden = next !== undefined
    svgButton.disabled = mermaidButton.disabled = next === undefined
    if (JSON.stringify(next) === JSON.stringify(picture)) return
    picture = next
    if (next) redraw(next)
  }

  function redraw(next: Picture): void {
    const focused = [...stage.querySelectorAll('.arrow')].indexOf(document.activeElement as Element)
    const before = new Set(
      [...stage.querySelectorAll<SVGElement>('.arrow')].map(({ dataset }) => dataset.key),
    )
    // Who looks at its end sees it grow.
    const follows = drawn === next.id && stage.scrollTop + stage.clientHeight > stage.scrollHeight - NEAR_PX
    drawn = next.id
    stage.replaceChildren(draw(next, stage.clientWidth - 8, explain))
    if (follows) stage.scrollTop = stage.scrollHeight
    for (const arrow of stage.querySelectorAll<SVGElement>('.arrow'))
      arrow.classList.toggle('new', !before.has(arrow.dataset.key))
    stage.dispatchEvent(new Event('scroll'))
    stage.querySelectorAll<SVGElement>('.arrow')[focused]?.focus()
    list.replaceChildren(...next.arrows.map((arrow) => h('li', {}, ...describe(next, arrow))))
    const again = next.arrows.find(({ key }) => key === picked) ?? next.arrows[0]
    if (again) explain(again)
  }

  function explain(arrow: Arrow): void {
    picked = arrow.key
    if (picture) detail.replaceChildren(...describe(picture, arrow))
  }

  function hide(): void {
    panel.hidden = true
    document.documentElement.classList.remove('hood-open')
    source?.close()
    clearInterval(timer)
    onClose()
  }

  function hear({ data }: MessageEvent<string>): void {
    const message = JSON.parse(data) as Happening | { now: number }
    if ('now' in message) {
      // The server's clock may be another one.
      skew = message.now - Date.now()
      if (Math.abs(skew) < 1_000) skew = 0
    } else stories.add({ ...message, at: message.at - skew })
    show()
  }

  function connect(): void {
    source = new EventSource(PATH)
    source.onmessage = hear
    // A browser gives up when it is refused, as it is by a balancer without a server behind it.
    source.onerror = () => {
      if (source?.readyState === EventSource.CLOSED && !panel.hidden) setTimeout(connect, 1_000)
    }
  }

  return {
    /** Opens or closes it. Returns whether it is open. */
    toggle(): boolean {
      if (!panel.hidden) {
        hide()
        return false
      }
      panel.hidden = false
      document.documentElement.classList.add('hood-open')
      connect()
      timer = setInterval(show, EVERY_MS)
      return true
    },
  }
}

function describe(picture: Picture, { from, to, label, at, where, sent, lost }: Arrow): HTMLElement[] {
  return [
    h('b', {}, lost ? `${label} (lost)` : label),
    h('small', {}, `${sinceFirst(picture, at)} · ${nameOf(from)} → ${nameOf(to)}`),
    ...where.map((line) => h('code', { className: 'where' }, line)),
    ...(sent ? [h('pre', {}, sent)] : []),
  ]
}

/** Notes what this page sends and gets, from now on. */
function watchThisPage(): Omit<Known, 'now' | 'sockets'> {
  const known = {
    since: Date.now(),
    posts: [] as { path: string; sentAt: number; answeredAt: number }[],
    received: [] as { text: string; at: number }[],
    sent: [] as { text: string; at: number }[],
  }
  const keep = <T>(items: T[], item: T) => {
    items.push(item)
    if (items.length > MAX_KEPT) items.shift()
  }
  listen({
    frame(direction, data) {
      const text =
        typeof data === 'string'
          ? data.slice(0, MAX_TEXT)
          : `${'size' in data ? data.size : data.byteLength} bytes`
      keep(direction === 'in' ? known.received : known.sent, { text, at: Date.now() })
    },
    answered({ method, path, sentAt }) {
      if (method === 'POST') keep(known.posts, { path, sentAt, answeredAt: Date.now() })
    },
  })
  return known
}
