import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import path from 'node:path'
import { structuredPatch } from 'diff'
import { describe, expect, it } from 'vitest'
import { levels } from '../cli/levels.ts'
import { type Outcome, tryFile } from './attempt.ts'
import { checkApart } from './check-apart.ts'
import { type Exercise, exerciseBefore, findExercises } from './exercise.ts'
import { readLesson } from './readme.ts'
import { createWords } from './words.ts'

/** The last solution of each level is that level in one sitting: fewer lines than this. */
const MOST_LINES: Record<number, number> = { 1: 100, 2: 150, 3: 250, 4: 350 }
const MOST_CHANGED = 30

const exercises = findExercises()
const read = (exercise: Exercise, name: string) => readFileSync(path.join(exercise.dir, name), 'utf8')
/** A page's check changes the clock of its process, so it gets one of its own. */
const attempt = async (exercise: Exercise, file: string): Promise<Outcome | undefined> => {
  const shown = path.relative(rootOf(exercise), file).replaceAll('\\', '/')
  if (exercise.fileName === 'server.ts') return tryFile(exercise, file, shown)
  return checkApart(exercise, file, shown).outcome
}

describe.each(exercises)('exercise $id', { timeout: 90_000 }, (exercise) => {
  const file = (name: string) => path.join(exercise.dir, name)
  const before = exerciseBefore(exercise, exercises)
  const upToHere = exercises
    .slice(0, exercises.indexOf(exercise) + 1)
    .filter(({ level, fileName }) => level === exercise.level && fileName === exercise.fileName)

  it.concurrent('its start fails with a sentence, and its README shows how', async () => {
    const outcome = await attempt(exercise, file('start.ts'))
    expect(outcome).toMatchObject({ ok: false, sentence: expect.stringMatching(/^[A-Z].{40,}\.$|\?$/s) })
    expect(outcome?.sentence).not.toMatch(/could not be done|ended by itself/)
    const command = `npm run learn check ${exercise.id} ${path.relative(rootOf(exercise), file('start.ts')).replaceAll('\\', '/')}`
    const text = readLesson(exercise).sections['What breaks now']
    expect(text).toContain(`\`\`\`sh\n${command}\n\`\`\``)
    expect(text).toContain(whatItSays(exercise, outcome))
  })

  it.concurrent.each(upToHere)('its solution passes the check of $id', async (earlier) => {
    expect(await attempt(earlier, file('solution.ts'))).toMatchObject({ ok: true })
  })

  it.concurrent.each(readdirSync(file('wrong')))('wrong/%s is caught with its own sentence', async (name) => {
    const caught = /^\/\/ caught: (.+)\n/.exec(read(exercise, `wrong/${name}`))?.[1]
    expect(await attempt(exercise, file(`wrong/${name}`))).toMatchObject({
      ok: false,
      sentence: expect.stringContaining(caught ?? 'a first line "// caught: …"'),
    })
  })

  it.runIf(existsSync(file('other.ts')))('a solution written in another way passes as well', async () => {
    for (const earlier of upToHere) {
      expect(await attempt(earlier, file('other.ts'))).toMatchObject({ ok: true })
    }
  })

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
    expect(read(exercise, 'solution.ts').split('\n').length).toBeLessThan(MOST_LINES[exercise.level] ?? 0)
    expect(exercise.minutes).toBeGreaterThanOrEqual(10)
    expect(exercise.minutes).toBeLessThanOrEqual(30)
  })
})

const rootOf = ({ dir }: Exercise) => path.join(dir, '..', '..', '..')

/** The comment at the top says which exercise a file is: the only thing in which a start and the solution before differ. */
const withoutHead = (source: string) => source.replace(/^(?:\/\/.*\n)+/, '')

/** The verdict and the sentence, as a terminal of 80 columns shows them. What was seen differs in its times and order. */
function whatItSays(exercise: Exercise, outcome: Outcome | undefined): string | undefined {
  return (
    outcome &&
    createWords({ width: 80, color: false }).outcome(exercise, { ...outcome, seen: [], printed: '' })
  )
}
