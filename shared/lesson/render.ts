import { renderMermaidSVG } from 'beautiful-mermaid'
import { Marked, type Tokens } from 'marked'

/** A README as a page: what its first heading says, and the whole text as HTML. */
export interface Lesson {
  title: string
  html: string
}

/** Where a link of the README leads on the page; undefined for a file that no page shows. */
export type ResolveLink = (href: string) => string | undefined

/**
 * Renders a README for a page whose policy allows no inline script and no inline style. Diagrams in Mermaid's language
 * become SVG here, so that the page loads nothing for them. Fences `sh` and `powershell` that follow each other become
 * one block with both spellings.
 *
 * Headings carry the ids that the common hosts give them ("Try it" is `try-it`).
 */
export function renderLesson(markdown: string, resolveLink: ResolveLink): Lesson {
  const title = /^# (.+)$/m.exec(markdown)?.[1] ?? ''
  const marked = new Marked({ gfm: true })
  marked.use({
    renderer: {
      heading({ tokens, depth, text }) {
        return `<h${depth} id="${slug(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`
      },
      code({ text, lang }: Tokens.Code) {
        if (lang === 'mermaid') return drawDiagram(text)
        const code = `<pre tabindex="0"><code>${escapeHtml(text)}</code></pre>`
        const shell =
          lang === 'sh'
            ? ' data-shell="POSIX shell"'
            : lang === 'powershell'
              ? ' data-shell="PowerShell"'
              : ''
        return `<div class="command"${shell}>${code}</div>\n`
      },
      // Pictures of the page are for those who are not on it.
      html: ({ text }) => (/^<\/?(?:picture|img)/.test(text) ? '' : text),
      link({ href, tokens }) {
        const text = this.parser.parseInline(tokens)
        const target = resolveLink(href)
        if (target === undefined) return `<span title="${escapeHtml(href)} in the repository">${text}</span>`
        return `<a href="${escapeHtml(target)}">${text}</a>`
      },
      table(token) {
        const cell = ({ text, tokens }: Tokens.TableCell, tag: 'th' | 'td') =>
          text === '' ? '<td></td>' : `<${tag}>${this.parser.parseInline(tokens)}</${tag}>`
        const row = (cells: Tokens.TableCell[], tag: 'th' | 'td') =>
          `<tr>${cells.map((one) => cell(one, tag)).join('')}</tr>`
        const body = token.rows.map((cells) => row(cells, 'td')).join('')
        // It scrolls by itself where the page is narrow, and then the keyboard must reach it.
        return `<div class="table" tabindex="0" role="group" aria-label="Table"><table><thead>${row(token.header, 'th')}</thead><tbody>${body}</tbody></table></div>\n`
      },
    },
  })
  return { title, html: marked.parse(markdown, { async: false }) }
}

/** As the common hosts make them: letters, digits and hyphens. */
export function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s-]/gu, '')
    .trim()
    .replace(/\s+/g, '-')
}

/**
 * The diagram as inline SVG. Its library styles it with variables; their values stand in look/lesson.css, since the
 * policy of the page refuses styles inside, and a room has no network for the font that it names.
 */
function drawDiagram(source: string): string {
  const svg = renderMermaidSVG(source)
    .replace(/<style>[\s\S]*?<\/style>/g, '')
    .replace(
      /^(<svg[^>]*?) style="[^"]*"/,
      '$1 role="img" aria-label="Diagram; the text around it says the same"',
    )
  return `<figure class="diagram">${svg}</figure>\n`
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
