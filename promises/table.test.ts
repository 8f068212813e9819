import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { experiments } from './experiments/index.ts'
import { lessonOf } from './lessons.ts'
import { expectedOf, type Level, type Promised, promises } from './promises.ts'
import { readTable } from './table.ts'

const LEVELS: readonly Level[] = [1, 2, 3, 4]
const root = path.join(import.meta.dirname, '..')
const rows = readTable()
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim()))

it('README.md has a row for every promise, with what each level says of it', () => {
  const cell = (promise: Promised, level: Level) => {
    const mark = expectedOf(promise, level)
    return mark === '✗' ? `[✗](${lessonOf(promise, level)})` : mark
  }
  expect(rows.map((row) => row.slice(0, 6))).toEqual(
    promises.map((promise) => [
      `\`${promise.id}\``,
      promise.says,
      ...LEVELS.map((level) => cell(promise, level)),
    ]),
  )
})

it('and with what was measured, where it is kept and where it is broken', () => {
  for (const [index, promise] of promises.entries()) {
    const levels = (mark: string) => LEVELS.filter((level) => expectedOf(promise, level) === mark)
    const [kept, broken] = [levels('✓').at(-1), levels('✗').at(-1)]
    const measured = (rows[index]?.[6] ?? '').split('<br>').map((part) => part.slice(0, 3))
    expect(measured, promise.id).toEqual([kept, broken].filter(Boolean).map((level) => `${level}: `))
  }
})

it('every promise has an experiment', () => {
  expect(Object.keys(experiments).sort()).toEqual(promises.map(({ id }) => id).sort())
})

it('what to read about a broken promise is there, at every level', () => {
  const missing = promises.flatMap((promise) =>
    LEVELS.map((level) => lessonOf(promise, level)).filter((link) => !leadsSomewhere(link)),
  )
  expect(missing).toEqual([])
})

/** Whether the file has a heading that becomes this anchor, as GitHub and `/lesson` make them. */
function leadsSomewhere(link: string): boolean {
  const [file = '', anchor] = link.split('#')
  if (!existsSync(path.join(root, file))) return false
  const headings = readFileSync(path.join(root, file), 'utf8').matchAll(/^#+ (.+)$/gm)
  return [...headings].some(([, heading = '']) => slug(heading) === anchor)
}

const slug = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s-]/gu, '')
    .replaceAll(' ', '-')
