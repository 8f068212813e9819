import { BACK, GONE } from './instances.ts'
import { type Arrow, nameOf, type Picture, sinceFirst } from './story.ts'

const TIME = 66
const HEAD = 42
const ROW = 36
/** The least room for a lane; the picture is as wide as there is room, or wider. */
const LANE = 96
/** A pause longer than this is drawn as one, in milliseconds. */
const PAUSE_MS = 700
const NAMESPACE = 'http://www.w3.org/2000/svg'

type Attributes = Record<string, string | number>

function s(tag: string, attributes: Attributes, ...children: (Node | string)[]): SVGElement {
  const element = document.createElementNS(NAMESPACE, tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value))
  element.append(...children)
  return element
}

interface Row {
  y: number
  arrow: Arrow
  /** How long nothing had happened, in milliseconds. */
  pause: number
}

/** Draws the picture: a lane each, time running down. `onPick` hears which arrow is pointed at, or has the focus. */
export function draw(picture: Picture, room: number, onPick: (arrow: Arrow) => void): SVGElement {
  const { lanes, arrows, title } = picture
  const gap = Math.max(LANE, (room - TIME) / lanes.length)
  const x = (lane: string) => TIME + gap * (lanes.indexOf(lane) + 0.5)
  const rows: Row[] = []
  let y = HEAD + ROW * 0.9
  for (const [index, arrow] of arrows.entries()) {
    const pause = index === 0 ? 0 : arrow.at - (arrows[index - 1]?.at ?? arrow.at)
    if (pause > PAUSE_MS) y += ROW * 0.7
    rows.push({ y, arrow, pause })
    y += ROW
  }
  const width = TIME + gap * lanes.length
  const size = { width, height: y, viewBox: `0 0 ${width} ${y}` }
  const group = { role: 'group', 'aria-label': `The way of “${title}”` }
  return s(
    'svg',
    { ...size, ...group },
    ...lanes.map((lane) => drawLife(lane, x(lane), rows, y)),
    ...rows.filter(({ pause }) => pause > PAUSE_MS).map((row) => drawPause(row, width)),
    ...rows.map(({ y: at, arrow }) =>
      drawArrow(picture, arrow, [x(arrow.from), x(arrow.to), at, width], onPick),
    ),
    // Last, so that what is scrolled goes below it.
    s(
      'g',
      { class: 'heads' },
      s('rect', { x: 0, y: 0, width, height: HEAD, class: 'behind' }),
      ...lanes.map((lane) => drawHead(lane, x(lane), Math.min(gap - 8, 128))),
    ),
  )
}

const kindOf = (lane: string) =>
  lane.startsWith('instance:') ? 'instance' : lane === 'mongo' || lane === 'redis' ? 'store' : lane

function drawHead(lane: string, x: number, width: number): SVGElement {
  const left = x - width / 2
  const name = s('text', { x, y: 25, 'text-anchor': 'middle' }, nameOf(lane))
  const kind = kindOf(lane)
  if (kind !== 'store')
    return s(
      'g',
      { class: `lane ${kind}` },
      s('rect', { x: left, y: 6, width, height: 28, rx: kind === 'instance' ? 3 : 14 }),
      name,
    )
  // What keeps something is drawn as the drum that it is in every book.
  const [rx, ry] = [width / 2, 4]
  const drum = `M${left} 9v23a${rx} ${ry} 0 0 0 ${width} 0v-23a${rx} ${ry} 0 0 0 ${-width} 0a${rx} ${ry} 0 0 0 ${width} 0`
  return s('g', { class: `lane ${kind}` }, s('path', { d: drum }), name)
}

/** The line below a lane's head. It is not there while its instance is dead. */
function drawLife(lane: string, x: number, rows: readonly Row[], bottom: number): SVGElement {
  let path = `M${x} ${HEAD - 8}`
  let lives = true
  for (const { y, arrow } of rows) {
    if (arrow.from !== lane || arrow.to !== lane) continue
    if (arrow.label === GONE && lives) path += `V${y}`
    if (arrow.label === BACK && !lives) path += `M${x} ${y}`
    if (arrow.label === GONE || arrow.label === BACK) lives = arrow.label === BACK
  }
  return s('path', { d: lives ? `${path}V${bottom}` : path, class: 'life' })
}

function drawPause({ y, pause }: Row, width: number): SVGElement {
  const at = y - ROW * 0.95
  return s(
    'g',
    { class: 'pause' },
    s('rect', { x: TIME, y: at - 9, width: width - TIME, height: 18 }),
    s('text', { x: TIME - 8, y: at + 4, 'text-anchor': 'end' }, `${(pause / 1_000).toFixed(1)} s`),
  )
}

function drawArrow(
  picture: Picture,
  arrow: Arrow,
  [from, to, y, width]: [from: number, to: number, y: number, width: number],
  onPick: (arrow: Arrow) => void,
): SVGElement {
  const { label, lost } = arrow
  const time = sinceFirst(picture, arrow.at)
  const isSelf = from === to
  const way = to < from ? -1 : 1
  // What is lost ends on the way, in a cross.
  const end = lost && !isSelf ? from + (to - from) * 0.72 : to - way * 2
  const cross = `M${end - 6} ${y - 6}l12 12m0 -12l-12 12`
  const tip = `M${end} ${y}l${-way * 10} -4.5v9z`
  const marks = isSelf
    ? lost
      ? [s('path', { d: cross, class: 'cross' })]
      : [s('circle', { cx: from, cy: y, r: 5, class: 'dot' })]
    : [
        s('path', { d: `M${from} ${y}L${lost ? end : end - way * 8} ${y}`, class: 'shaft' }),
        s('circle', { cx: from, cy: y, r: 2.5, class: 'dot' }),
        s('path', lost ? { d: cross, class: 'cross' } : { d: tip, class: 'tip' }),
      ]
  const text = isSelf
    ? s('text', { x: from + 12, y: y + 4, class: 'label' }, label)
    : s('text', { x: (from + to) / 2, y: y - 7, class: 'label', 'text-anchor': 'middle' }, label)
  const group = s(
    'g',
    {
      class: lost ? 'arrow lost' : 'arrow',
      'data-key': arrow.key,
      tabindex: 0,
      role: 'img',
      'aria-label': `${time}: ${nameOf(arrow.from)} to ${nameOf(arrow.to)}: ${label}${lost ? ' (lost)' : ''}`,
    },
    s('rect', { x: 0, y: y - 22, width, height: 32, rx: 6, class: 'hit' }),
    s('text', { x: TIME - 8, y: y + 4, class: 'time', 'text-anchor': 'end' }, time),
    ...marks,
    text,
  )
  group.addEventListener('pointerenter', () => onPick(arrow))
  group.addEventListener('focus', () => {
    onPick(arrow)
    text.scrollIntoView({ block: 'nearest', inline: 'nearest' }) // where there is no room for all lanes
  })
  return group
}
