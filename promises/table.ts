import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, platform } from 'node:os'
import path from 'node:path'
import { lessonOf } from './lessons.ts'
import { type Level, type Promised, promises } from './promises.ts'
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

/** For a terminal. */
export function drawTable(outcomes: readonly Outcome[]): string {
  const mark = marksOf(outcomes)
  const tried = promises.filter((promise) => outcomes.some((outcome) => outcome.promise === promise))
  const rows = tried.map(
    (promise) => `${promise.id.padEnd(18)}${LEVELS.map((level) => mark(promise, level)).join('  ')}`,
  )
  return [`${'level'.padEnd(18)}${LEVELS.join('  ')}`, ...rows].join('\n')
}

/** How a table was made: what stands below it. */
export interface Made {
  seed: number
  seconds: number
}

/**
 * For README.md: the marks, and what was measured. Of each promise the highest level that keeps it, and the highest one
 * that breaks it, since that is the lesson.
 */
function markdownTable(outcomes: readonly Outcome[], { seed, seconds }: Made): string {
  const mark = marksOf(outcomes)
  const rows = promises.map((promise) => [
    `\`${promise.id}\``,
    promise.says,
    ...LEVELS.map((level) => linked(mark(promise, level), promise, level)),
    measured(outcomes.filter((outcome) => outcome.promise === promise)),
  ])
  const head = ['promise', 'says', ...LEVELS.map(String), 'measured']
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0), 3),
  )
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const [{ model = 'unknown' } = {}] = cpus()
  const machine = `${platform()}, ${availableParallelism()} × ${model.trim()}, Node ${process.versions.node}`
  const when = new Date().toISOString().slice(0, 10)
  return [
    line(head),
    `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`,
    ...rows.map(line),
    '',
    `Made by \`npm run prove -- --write --seed ${seed}\` on ${when} in ${seconds} s (${machine}).`,
  ].join('\n')
}

/** A promise that is not made links to the lesson that says why. */
function linked(mark: string, promise: Promised, level: Level): string {
  return mark === '✗' ? `[✗](${lessonOf(promise, level)})` : mark
}

function measured(outcomes: readonly Outcome[]): string {
  return (['kept', 'broken'] as const)
    .flatMap((verdict) => outcomes.filter((outcome) => outcome.verdict === verdict).at(-1) ?? [])
    .map(({ level, evidence }) => `${level}: ${shorten(evidence)}`)
    .join('<br>')
}

const MOST_PARTS = 5

/** The numbers without the lists behind them. */
function shorten(evidence: string): string {
  return evidence
    .replaceAll('|', '\\|')
    .split('; ')
    .map((part) => part.replace(/^(\d+ (?:lost|twice|not theirs|out of order)):.*$/, '$1'))
    .filter((part) => !/^not acknowledged:| on [a-z]+\/\d/.test(part))
    .slice(0, MOST_PARTS)
    .join('; ')
}

/** What stands between the markers of README.md. Throws when they are missing. */
export function readTable(readme = readFileSync(README, 'utf8')): string {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`README.md has no markers for the table: ${BEGIN} and ${END}`)
  return readme.slice(begin + BEGIN.length, end).trim()
}

/** Writes the table of a run between the markers of README.md. */
export function writeTable(outcomes: readonly Outcome[], made: Made): void {
  const readme = readFileSync(README, 'utf8')
  const table = markdownTable(outcomes, made)
  writeFileSync(
    README,
    readme.replace(readTable(readme), () => table),
  )
}
