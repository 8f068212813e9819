import { styleText } from 'node:util'
import { createTwoFilesPatch } from 'diff'
import type { Outcome } from './attempt.ts'
import type { Exercise } from './exercise.ts'
import type { Progress } from './my-files.ts'

/** How many of the last lines of the wire, and of what the program printed, are shown. */
const LAST_LINES = 14

/** What `npm run learn` writes: lines of at most `width` characters, from top to bottom, never drawn over. */
export interface Words {
  /** A Markdown text: paragraphs and lists wrapped, code as it is. */
  prose(markdown: string): string
  heading(text: string): string
  outcome(exercise: Exercise, outcome: Outcome): string
  list(exercises: Exercise[], progress: Progress): string
  diff(mine: string, solution: string, exercise: Exercise): string
}

export function createWords({ width, color }: { width: number; color: boolean }): Words {
  const paint = (style: 'green' | 'red' | 'bold' | 'dim' | 'cyan', text: string) =>
    color ? styleText(style, text, { validateStream: false }) : text
  const heading = (text: string) => paint('bold', text)

  return {
    heading,
    prose: (markdown) => wrapMarkdown(markdown, width),

    outcome({ id, title }, { ok, sentence = '', seen, printed, ms }) {
      const said = ok ? paint('green', `✓ ${id} ${title}`) : paint('red', `✗ ${id} ${title}`)
      const lines = [ok ? `${said} (${(ms / 1000).toFixed(1)} s)` : said]
      if (!ok) lines.push('', wrap(sentence, width, '  '))
      if (!ok && seen.length > 0) lines.push('', '  What was done and seen:', ...last(seen))
      if (ok && seen.length > 0) lines.push('', '  Seen last:', ...last(seen).slice(-3))
      const own = printed.trim()
      if (own) lines.push('', '  Your program printed:', ...last(own.split('\n')))
      return lines.join('\n')
    },

    list(exercises, { done, at }) {
      const lines = exercises.flatMap(({ id, title, minutes, level }, index) => {
        const mark = done[id] ? '✓' : at === id ? '→' : ' '
        const rest = `  ${id}  ${title}`.padEnd(width - 8)
        const row = `${done[id] ? paint('green', mark) : mark}${rest}${`${minutes} min`.padStart(7)}`
        return level === exercises[index - 1]?.level ? [row] : ['', heading(`Level ${level}`), row]
      })
      const solved = exercises.filter(({ id }) => done[id]).length
      return [...lines, '', `${solved} of ${exercises.length} done.`].join('\n').trimStart()
    },

    diff(mine, solution, { slug, fileName }) {
      if (mine === solution) return 'Your file is the solution, letter by letter.'
      const patch = createTwoFilesPatch(`my/${slug}/${fileName}`, 'solution.ts', mine, solution)
      const lines = patch
        .split('\n')
        .slice(1)
        .filter((line) => !line.startsWith('\\ '))
      return lines
        .map((line) => {
          if (line.startsWith('+')) return paint('green', line)
          return line.startsWith('-') ? paint('red', line) : line
        })
        .join('\n')
    },
  }

  function last(lines: string[]): string[] {
    const shown = lines.slice(-LAST_LINES)
    const left = lines.length - shown.length
    const rows = shown.map((line) => `    ${line.length > width - 4 ? `${line.slice(0, width - 5)}…` : line}`)
    return left > 0 ? [`    (${left} lines before)`, ...rows] : rows
  }
}

/** Breaks a text between words, so that no line is longer than `width`. */
export function wrap(text: string, width: number, indent = '', firstIndent = indent): string {
  const lines: string[] = []
  let line = firstIndent
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const empty = line.trim() === '' || line === firstIndent
    if (!empty && line.length + 1 + word.length > width) {
      lines.push(line)
      line = indent + word
    } else {
      line += empty ? word : ` ${word}`
    }
  }
  return [...lines, line].join('\n')
}

/** Paragraphs and list items are wrapped; fenced code and tables stay as they are, without the fence. */
function wrapMarkdown(markdown: string, width: number): string {
  const plain = (text: string) => text.replaceAll('**', '').replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
  const blocks = markdown.split(/(^ *```[\s\S]*?^ *```$)/m)
  return blocks
    .flatMap((block) => {
      if (/^ *```/.test(block))
        return [
          block
            .replace(/^ *```.*\n?/gm, '')
            .replace(/^(?=.)/gm, '  ')
            .trimEnd(),
        ]
      const items = block.split(/\n{2,}|\n(?= *(?:-|\d+\.) )/).filter((item) => item.trim())
      return items.map((item) => {
        if (item.trimStart().startsWith('|')) return item
        const [, bullet = ''] = /^ *((?:-|\d+\.) )/.exec(item) ?? []
        const text = item.trimStart().slice(bullet.length)
        return wrap(plain(text), width, ' '.repeat(bullet.length), bullet)
      })
    })
    .join('\n\n')
    .replace(/\n\n(?=(?:-|\d+\.) )/g, '\n')
}
