import { nameOf, type Picture, sinceFirst } from './story.ts'

/** The picture as a Mermaid sequence diagram (mermaid.js.org/syntax/sequenceDiagram.html). */
export function toMermaid(picture: Picture): string {
  const alias = (lane: string) => lane.replace(/\W/g, '_')
  // A semicolon and a hash mean something there.
  const text = (label: string) => label.replace(/[;#\n]/g, ' ')
  return [
    'sequenceDiagram',
    ...picture.lanes.map((lane) => `  participant ${alias(lane)} as ${text(nameOf(lane))}`),
    ...picture.arrows.map(
      ({ from, to, label, lost, at }) =>
        `  ${alias(from)}${lost ? '-x' : '->>'}${alias(to)}: ${text(label)} (${sinceFirst(picture, at)})`,
    ),
    '',
  ].join('\n')
}

/** In a file of its own the picture has no page around it to say how it looks. */
const STYLE = `
svg { background: #fff; color: #1d2430; font: 12.5px system-ui, sans-serif; }
text { fill: currentColor; } .time, .pause text { fill: #667; } .hit, .behind { fill: none; }
.lane :is(rect, path) { fill: #f3f5f8; stroke: #9aa3b2; } .life { stroke: #9aa3b2; stroke-dasharray: 2 4; fill: none; }
.pause rect { fill: #f3f5f8; } .shaft { stroke: #1f5fbf; stroke-width: 1.6; } :is(.tip, .dot) { fill: #1f5fbf; }
.label { paint-order: stroke; stroke: #fff; stroke-width: 5px; }
.lost .shaft { stroke: #b3261e; stroke-dasharray: 5 4; } .lost .dot { fill: #b3261e; }
.cross { stroke: #b3261e; stroke-width: 2.2; fill: none; }
@media (prefers-color-scheme: dark) { svg { background: #14181f; color: #e8ecf2; } .time, .pause text { fill: #a9b2c0; }
.lane :is(rect, path), .pause rect { fill: #1f2530; } .label { stroke: #14181f; } .shaft { stroke: #8ab4ff; }
:is(.tip, .dot) { fill: #8ab4ff; } .lost .shaft, .cross { stroke: #ff8a80; } .lost .dot { fill: #ff8a80; } }`

/** The picture as an SVG file that looks the same anywhere. */
export function toSvgFile(svg: SVGElement): string {
  const copy = svg.cloneNode(true) as SVGElement
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  copy.querySelector('.heads')?.removeAttribute('transform') // where the page has scrolled
  const style = document.createElementNS('http://www.w3.org/2000/svg', 'style')
  style.textContent = STYLE
  copy.prepend(style)
  return new XMLSerializer().serializeToString(copy)
}

export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 1_000)
}
