import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { root } from '../testing/process.ts'
import { type Outcome, tryFile } from './attempt.ts'
import { compilePrograms } from './compile.ts'
import { type Exercise, findExercises } from './exercise.ts'
import { readLesson } from './readme.ts'
import { createWords } from './words.ts'

/** Most of a check is waiting for what a program does. */
const AT_ONCE = 4
/** For a machine that is busy with other things. It ends far sooner, or by a check's own limit. */
const TIMEOUT_MS = 240_000

const exercises = findExercises()
const read = (exercise: Exercise, name: string) => readFileSync(path.join(exercise.dir, name), 'utf8')
const shownAs = (file: string) => path.relative(root, file).replaceAll('\\', '/')
const attempt = (exercise: Exercise, file: string) => tryFile(exercise, file, shownAs(file))

/**
 * What each of these exercises must be: called by one test file for the servers of each level, and one for all pages,
 * whose checks change the clock of their process and are done one at a time.
 */
export function gate(name: string, isHere: (exercise: Exercise) => boolean, atOnce = AT_ONCE): void {
  vi.setConfig({ maxConcurrency: atOnce })
  const here = exercises.filter(isHere)
  const compiled = path.join(root, '.data', 'compiled', `gate-${process.pid}`)
  beforeAll(async () => {
    // A page is tried against a server of its level.
    const all = exercises.filter(({ level }) => here.some((each) => each.level === level))
    const files = all.flatMap(({ dir }) => [
      ...readdirSync(dir)
        .filter((file) => /^(start|solution|other)\.ts$/.test(file))
        .map((file) => path.join(dir, file)),
      ...readdirSync(path.join(dir, 'wrong')).map((file) => path.join(dir, 'wrong', file)),
    ])
    await compilePrograms(files, compiled)
  })
  afterAll(() => rmSync(compiled, { recursive: true, force: true }))

  describe(name, { timeout: TIMEOUT_MS, concurrent: true }, () => {
    describe.each(here)('exercise $id', examine)
  })
}

function examine(exercise: Exercise): void {
  const file = (name: string) => path.join(exercise.dir, name)
  const upToHere = exercises
    .slice(0, exercises.indexOf(exercise) + 1)
    .filter(({ level, fileName }) => level === exercise.level && fileName === exercise.fileName)

  it('its start fails with a sentence, and its README shows how', async () => {
    const outcome = await attempt(exercise, file('start.ts'))
    expect(outcome).toMatchObject({ ok: false, sentence: expect.stringMatching(/^[A-Z].{40,}\.$|\?$/s) })
    expect(outcome.sentence).not.toMatch(/could not be done|ended by itself/)
    const command = `npm run learn check ${exercise.id} ${shownAs(file('start.ts'))}`
    const text = readLesson(exercise).sections['What breaks now']
    expect(text).toContain(`\`\`\`sh\n${command}\n\`\`\``)
    expect(text).toContain(whatItSays(exercise, outcome))
  })

  it.each(upToHere)('its solution passes the check of $id', async (earlier) => {
    expect(await attempt(earlier, file('solution.ts'))).toMatchObject({ ok: true })
  })

  it.each(readdirSync(file('wrong')))('wrong/%s is caught with its own sentence', async (name) => {
    const caught = /^\/\/ caught: (.+)\n/.exec(read(exercise, `wrong/${name}`))?.[1]
    expect(await attempt(exercise, file(`wrong/${name}`))).toMatchObject({
      ok: false,
      sentence: expect.stringContaining(caught ?? 'a first line "// caught: …"'),
    })
  })

  if (!existsSync(file('other.ts'))) return
  it('a solution written in another way passes its check as well', async () => {
    expect(await attempt(exercise, file('other.ts'))).toMatchObject({ ok: true })
  })
}

/** The verdict and the sentence, as a terminal of 80 columns shows them. What was seen differs in its times and order. */
function whatItSays(exercise: Exercise, outcome: Outcome): string {
  return createWords({ width: 80, color: false }).outcome(exercise, { ...outcome, seen: [], printed: '' })
}
