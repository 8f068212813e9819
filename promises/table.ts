import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type Expected, type Level, type Promised, promises } from './promises.ts'
import type { Outcome } from './run.ts'

const README = path.join(import.meta.dirname, '..', 'README.md')
const BEGIN = '<!-- promises: written by `npm run prove -- --write` -->'
const END = '<!-- promises: end -->'
const LEVELS: readonly Level[] = [1, 2, 3, 4]

/** What a promise and a level come to: the mark of a row and a column. */
export type MarkOf = (promise: Promised, level: Level) => string

/** The marks that a run has found; `?` where nothing could be tried. */
export function marksOf(outcomes: readonly Outcome[]): MarkOf {
  const marks: Record<Outcome['verdict'], string> = {
    kept: '✓',
    broken: '✗',
    'not offered': '–',
    'not tried': '?',
  }
  return (promise, level) => {
    const outcome = outcomes.find((each) => each.promise === promise && each.level === level)
    return outcome ? marks[outcome.verdict] : ' '
  }
}

/** The marks that the contract says. */
export const expectedMarks: MarkOf = ({ expected }, level): Expected => expected[level - 1] ?? '–'

/** For a terminal. */
export function drawTable(outcomes: readonly Outcome[]): string {
  const mark = marksOf(outcomes)
  const tried = promises.filter((promise) => outcomes.some((outcome) => outcome.promise === promise))
  const rows = tried.map(
    (promise) => `${promise.id.padEnd(18)}${LEVELS.map((level) => mark(promise, level)).join('  ')}`,
  )
  return [`${'level'.padEnd(18)}${LEVELS.join('  ')}`, ...rows].join('\n')
}

/** For README.md, as the formatter leaves it. */
export function markdownTable(mark: MarkOf): string {
  const rows = promises.map((promise) => [
    `\`${promise.id}\``,
    promise.says,
    ...LEVELS.map((level) => mark(promise, level)),
  ])
  const head = ['promise', 'says', ...LEVELS.map(String)]
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => (row[column] ?? '').length), 3),
  )
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  return [line(head), rule, ...rows.map(line)].join('\n')
}

/** What stands between the markers of README.md. Throws when they are missing. */
export function readTable(readme = readFileSync(README, 'utf8')): string {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`README.md has no markers for the table: ${BEGIN} and ${END}`)
  return readme.slice(begin + BEGIN.length, end).trim()
}

/** Writes the table of a run between the markers of README.md. */
export function writeTable(outcomes: readonly Outcome[]): void {
  const readme = readFileSync(README, 'utf8')
  const table = markdownTable(marksOf(outcomes))
  writeFileSync(
    README,
    readme.replace(readTable(readme), () => table),
  )
}
