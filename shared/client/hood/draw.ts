import { type Arrow, nameOf, type Picture, sinceFirst } from './story.ts'

const TIME = 74
const HEAD = 46
const ROW = 40
const LANE = 112
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

/** Draws the picture: a lane each, time running down. `onPick` hears which arrow is pointed at, or has the focus. */
export function draw(picture: Picture, room: number, onPick: (arrow: Arrow) => void): SVGElement {
  const { lanes, arrows, title } = picture
  const gap = Math.max(LANE, (room - TIME) / lanes.length)
  const x = (lane: string) => TIME + gap * (lanes.indexOf(lane) + 0.5)
  const rows: { y: number; arrow: Arrow; pause: number }[] = []
  let y = HEAD + ROW
  for (const [index, arrow] of arrows.entries()) {
    const pause = index === 0 ? 0 : arrow.at - (arrows[index - 1]?.at ?? arrow.at)
    if (pause > PAUSE_MS) y += ROW * 0.6
    rows.push({ y, arrow, pause })
    y += ROW
  }
  const width = TIME + gap * lanes.length
  const lines = lanes.map((lane) =>
    s(
      'g',
      { class: 'lane' },
      s('line', { x1: x(lane), x2: x(lane), y1: HEAD - 8, y2: y, class: 'life' }),
      s('rect', { x: x(lane) - 51, y: 6, width: 102, height: 30, rx: 7 }),
      s('text', { x: x(lane), y: 26, 'text-anchor': 'middle' }, nameOf(lane)),
    ),
  )
  const drawn = rows.flatMap(({ y: at, arrow, pause }) => [
    ...(pause > PAUSE_MS
      ? [
          s('line', { x1: TIME, x2: width, y1: at - ROW, y2: at - ROW, class: 'pause' }),
          s(
            'text',
            { x: TIME - 8, y: at - ROW + 4, class: 'time', 'text-anchor': 'end' },
            `${(pause / 1_000).toFixed(1)} s`,
          ),
        ]
      : []),
    drawArrow(picture, arrow, x(arrow.from), x(arrow.to), at, onPick),
  ])
  return s(
    'svg',
    {
      width,
      height: y + 8,
      viewBox: `0 0 ${width} ${y + 8}`,
      role: 'group',
      'aria-label': `The way of “${title}”`,
    },
    ...lines,
    ...drawn,
  )
}

function drawArrow(
  picture: Picture,
  arrow: Arrow,
  from: number,
  to: number,
  y: number,
  onPick: (arrow: Arrow) => void,
): SVGElement {
  const { label, lost } = arrow
  const time = sinceFirst(picture, arrow.at)
  const isSelf = from === to
  const way = to < from ? -1 : 1
  // What is lost ends on the way, in a cross.
  const end = lost && !isSelf ? from + (to - from) * 0.72 : to - way * 3
  const cross = `M${end - 6} ${y - 6}l12 12m0 -12l-12 12`
  const tip = `M${end - way * 9} ${y - 5}L${end} ${y}L${end - way * 9} ${y + 5}`
  const group = s(
    'g',
    {
      class: lost ? 'arrow lost' : 'arrow',
      'data-key': arrow.key,
      tabindex: 0,
      role: 'img',
      'aria-label': `${time}: ${nameOf(arrow.from)} to ${nameOf(arrow.to)}: ${label}${lost ? ' (lost)' : ''}`,
    },
    s('rect', { x: 0, y: y - 24, width: Math.max(from, to) + 70, height: 34, class: 'hit' }),
    s('text', { x: TIME - 8, y: y + 4, class: 'time', 'text-anchor': 'end' }, time),
    isSelf
      ? s('circle', { cx: from, cy: y, r: 5, class: 'dot' })
      : s('path', { d: `M${from} ${y}L${end} ${y}`, class: 'shaft' }),
    ...(lost
      ? [s('path', { d: cross, class: 'cross' })]
      : isSelf
        ? []
        : [s('path', { d: tip, class: 'tip' })]),
    isSelf
      ? s('text', { x: from + 12, y: y + 4, class: 'label' }, label)
      : s('text', { x: (from + to) / 2, y: y - 8, class: 'label', 'text-anchor': 'middle' }, label),
  )
  group.addEventListener('pointerenter', () => onPick(arrow))
  group.addEventListener('focus', () => onPick(arrow))
  return group
}
