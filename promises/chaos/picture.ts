import { shortName } from '../arena.ts'
import { check } from '../checker.ts'
import type { Entry } from '../history.ts'
import type { FaultBar } from './chaos.ts'

const WIDTH = 1_400
const [LEFT, RIGHT] = [170, 20]
const [BAR, LANE, GAP] = [18, 84, 14]
const LATE_MS = 1_000
const INK = '#0f172a'
const colours = { fault: '#b45309', shown: '#0f766e', late: '#d97706', wrong: '#dc2626', lane: '#f1f5f9' }

/**
 * Draws a run as SVG: time from left to right, faults as bars, and a lane for each page, in which each notification is a
 * line from when it was sent (above) to when it was shown (below): the flatter, the later. What was lost, shown twice,
 * not theirs or out of order is red, from top to bottom.
 */
export function drawPicture(
  history: readonly Entry[],
  faults: readonly FaultBar[],
  title: readonly string[],
): string {
  const sent = new Map<string, number>()
  for (const { what, message = '', at } of history) {
    if (what === 'send' && !sent.has(message)) sent.set(message, at)
  }
  const shown = history.filter(({ what }) => what === 'shown')
  const begin = Math.min(...sent.values(), ...faults.map(({ from }) => from), history.at(-1)?.at ?? 0)
  const end = Math.max(begin + 1_000, latest(shown), latest(faults.map(({ to }) => ({ at: to }))))
  const x = (at: number) => {
    const part = Math.min(1, Math.max(0, (at - begin) / (end - begin)))
    return Math.round((LEFT + part * (WIDTH - LEFT - RIGHT)) * 10) / 10
  }

  const parts = title.map((line, index) => text(20, 26 + index * 18, line, index === 0 ? 'bold' : 'normal'))
  let y = 26 + title.length * 18
  for (const kind of [...new Set(faults.map((fault) => fault.kind))].sort()) {
    parts.push(text(LEFT - 10, y + BAR - 5, kind, 'normal', 'end'))
    for (const { from, to } of faults.filter((fault) => fault.kind === kind)) {
      const width = Math.max(2, Math.round((x(to) - x(from)) * 10) / 10)
      parts.push(box(x(from), y + 3, width, BAR - 6, colours.fault, `${kind}, ${seconds(to - from)}`))
    }
    y += BAR
  }
  const { findings } = check(history)
  for (const { who: page } of history.filter(({ what }) => what === 'opened')) {
    y += GAP
    const line = (from: number, to: number) => `M${x(from)} ${y}L${x(to)} ${y + LANE}`
    const lines = shown
      .filter(({ who, message = '' }) => who === page && sent.has(message))
      .map(({ message = '', at }) => ({ from: sent.get(message) ?? at, to: at }))
    const [late, soon] = [true, false].map((isLate) =>
      lines.filter(({ from, to }) => to - from > LATE_MS === isLate),
    ) as [typeof lines, typeof lines]
    const wrong = findings.filter((finding) => finding.page === page)
    parts.push(
      box(LEFT, y, WIDTH - LEFT - RIGHT, LANE, colours.lane),
      text(LEFT - 10, y + 16, shortName(page), 'bold', 'end'),
      text(LEFT - 10, y + 34, `${lines.length} shown`, 'normal', 'end'),
      text(LEFT - 10, y + 50, `${late.length} after 1 s`, 'normal', 'end'),
      ...(wrong.length > 0 ? [text(LEFT - 10, y + 66, `${wrong.length} wrong`, 'bold', 'end')] : []),
      strokes(soon.map(({ from, to }) => line(from, to)).join(''), colours.shown, 0.35),
      strokes(late.map(({ from, to }) => line(from, to)).join(''), colours.late, 0.6),
      ...wrong.map(({ kind, message, at }) =>
        strokes(`M${x(sent.get(message) ?? at)} ${y}v${LANE}`, colours.wrong, 1, `${kind}: ${message}`),
      ),
    )
    y += LANE
  }
  y += 18
  const step = tickMs(end - begin)
  for (let at = 0; at <= end - begin; at += step) {
    parts.push(strokes(`M${x(begin + at)} ${y - 14}v5`, INK, 1))
    parts.push(text(x(begin + at), y + 4, seconds(at), 'normal', 'middle'))
  }
  y += 26
  const legend =
    'A line is one notification, from sent (above) to shown (below). Green: within 1 s; orange: later;'
  parts.push(text(LEFT, y, `${legend} red: lost, twice, not theirs or out of order.`))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 16}" width="${WIDTH}" height="${y + 16}" font-family="system-ui, sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
${parts.filter(Boolean).join('\n')}
</svg>
`
}

const latest = (entries: readonly { at: number }[]) => entries.reduce((most, { at }) => Math.max(most, at), 0)
const seconds = (ms: number) => `${Math.round(ms / 100) / 10} s`

/** About ten marks, at round times. */
function tickMs(range: number): number {
  return [1_000, 2_000, 5_000, 10_000, 30_000].find((step) => range / step <= 14) ?? 60_000
}

function text(x: number, y: number, words: string, weight = 'normal', anchor = 'start'): string {
  return `<text x="${x}" y="${y}" font-weight="${weight}" text-anchor="${anchor}" fill="${INK}">${escapeXml(words)}</text>`
}

function box(x: number, y: number, width: number, height: number, fill: string, title?: string): string {
  const inner = title === undefined ? '' : `<title>${escapeXml(title)}</title>`
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}">${inner}</rect>`
}

/** Lines; nothing when there are none. */
function strokes(path: string, colour: string, opacity: number, title?: string): string {
  const inner = title === undefined ? '' : `<title>${escapeXml(title)}</title>`
  return path && `<path d="${path}" stroke="${colour}" stroke-opacity="${opacity}">${inner}</path>`
}

const escapeXml = (words: string) =>
  words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
