import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import path from 'node:path'
import { structuredPatch } from 'diff'
import { describe, expect, it } from 'vitest'
import { levels } from '../cli/levels.ts'
import { type Exercise, exerciseBefore, findExercises } from './exercise.ts'
import { readLesson } from './readme.ts'

/** The last solution of each level is that level in one sitting: fewer lines than this. */
const MOST_LINES: Record<number, number> = { 1: 100, 2: 150, 3: 250, 4: 350 }
const MOST_CHANGED = 30

const exercises = findExercises()
const read = (exercise: Exercise, name: string) => readFileSync(path.join(exercise.dir, name), 'utf8')
const linesOf = (source: string) => source.trimEnd().split('\n').length

describe.each(exercises)('exercise $id', (exercise) => {
  const file = (name: string) => path.join(exercise.dir, name)
  const before = exerciseBefore(exercise, exercises)

  it('starts where the one before ended, and changes few lines', () => {
    const start = withoutHead(read(exercise, 'start.ts'))
    if (before) expect(start).toBe(withoutHead(read(before, 'solution.ts')))
    const { hunks } = structuredPatch('', '', start, withoutHead(read(exercise, 'solution.ts')))
    const changed = hunks.flatMap(({ lines }) => lines)
    const added = changed.filter((line) => line.startsWith('+')).length
    expect(added).toBeGreaterThan(0)
    expect(added).toBeLessThanOrEqual(MOST_CHANGED)
  })

  it('needs only what its level needs', () => {
    // A level stands on those before it: their packages are its own, too.
    const packages = levels.slice(0, exercise.level).flatMap(({ dir }) => {
      const { dependencies = {} } = JSON.parse(readFileSync(path.join(dir, 'package.json'), 'utf8')) as {
        dependencies?: Record<string, string>
      }
      return Object.keys(dependencies)
    })
    const allowed = new Set([...packages, ...builtinModules.map((name) => `node:${name}`)])
    const names = ['start.ts', 'solution.ts', ...readdirSync(file('wrong')).map((name) => `wrong/${name}`)]
    for (const name of names) {
      const imports = read(exercise, name).matchAll(/^import (?!type )[\s\S]*?'(.+?)'/gm)
      for (const [, from = ''] of imports) expect(allowed, `${name} imports ${from}`).toContain(from)
    }
  })

  it('has two or three wrong solutions, hints, and a file of one sitting', () => {
    const wrong = readdirSync(file('wrong'))
    expect(wrong.length).toBeGreaterThanOrEqual(2)
    expect(wrong.length).toBeLessThanOrEqual(3)
    expect(readLesson(exercise).hints.length).toBeGreaterThanOrEqual(2)
    expect(linesOf(read(exercise, 'solution.ts'))).toBeLessThan(MOST_LINES[exercise.level] ?? 0)
    expect(exercise.minutes).toBeGreaterThanOrEqual(10)
    expect(exercise.minutes).toBeLessThanOrEqual(30)
  })
})

describe.each(levels)('the README of level $number', ({ number, dir }) => {
  const readme = readFileSync(path.join(dir, 'README.md'), 'utf8').replaceAll(/\s+/g, ' ')
  const last = exercises.findLast(({ level, fileName }) => level === number && fileName === 'server.ts')

  it('begins its reading with the last solution, and says how long that is', () => {
    if (!last) throw new Error(`Level ${number} has no exercises.`)
    const link = readme.indexOf(`(exercises/${last.slug}/solution.ts)`)
    expect(link).toBeGreaterThan(0)
    expect(link).toBeLessThan(readme.indexOf('| file'))
    expect(readme).toContain(`one file of ${linesOf(read(last, 'solution.ts'))} lines`)
  })

  it('says how long the level itself is', () => {
    const sources = readdirSync(path.join(dir, 'src'), { recursive: true, encoding: 'utf8' })
    const lines = sources
      .filter((name) => name.endsWith('.ts'))
      .map((name) => linesOf(readFileSync(path.join(dir, 'src', name), 'utf8')))
      .reduce((sum, count) => sum + count, 0)
    const [, said = ''] = /`src\/` is about ([\d,]+) lines/.exec(readme) ?? []
    expect(Math.abs(Number(said.replace(',', '')) - lines) / lines).toBeLessThan(0.1)
  })
})

/** The comment at the top says which exercise a file is: the only thing in which a start and the solution before differ. */
const withoutHead = (source: string) => source.replace(/^(?:\/\/.*\n)+/, '')
