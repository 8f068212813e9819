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

  it('names its own file, and the port that it listens on, in the commands of its README', () => {
    const readme = read(exercise, 'README.md')
    for (const [named] of readme.matchAll(/\bmy\/[\w./-]+/g)) {
      expect(named).toBe(`my/${exercise.slug}/${exercise.fileName}`)
    }
    for (const [, port] of readme.matchAll(/^curl .*localhost:(\d+)/gm)) {
      expect(read(exercise, 'solution.ts')).toContain(`process.env.PORT ?? ${port}`)
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

/** The comment at the top says which exercise a file is: the only thing in which a start and the solution before differ. */
const withoutHead = (source: string) => source.replace(/^(?:\/\/.*\n)+/, '')
