import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { Exercise } from './exercise.ts'
import { explainCrash } from './explain.ts'
import { Mistake } from './mistake.ts'
import { providePageGlobals } from './page-globals.ts'
import { patience } from './patience.ts'
import { type Program, type StartOptions, startProgram, startsAs } from './program.ts'

/** What a check.ts must export. */
export interface Check {
  /** Tries the learner's file and throws a Mistake at the first thing that is not as the README says. */
  check(attempt: Attempt): Promise<void>
}

/** What was done and seen on the wire, oldest first: `  0.012 s  Alice → "hello"`. */
export type Seen = string[]

/** One try of one file: what a check works with. Everything that it starts ends with it. */
export interface Attempt {
  /** Starts the learner's program. A check may start several, or one again. Rejects with a Mistake when it cannot run. */
  start(options?: StartOptions): Promise<Program>
  /** Loads the learner's page file. Throws a Mistake if one of `names` is not exported as a function. */
  load<Exports>(...names: (keyof Exports & string)[]): Promise<Exports>
  /** Says what the check does now. It stands in what was seen, and explains a program that ends meanwhile. */
  step(what: string): void
  /** Notes something that crossed the wire. */
  saw(what: string): void
  /** Throws a Mistake unless `condition` is true. The sentence says what was done, what was seen, and what it means. */
  expect(condition: unknown, sentence: string): asserts condition
  /** Runs at the end, whatever happens, last one first. */
  defer(close: () => unknown): void
}

/** How a try ended. `sentence` is there when the file does not do what it should. */
export interface Outcome {
  ok: boolean
  /** How long it took, in milliseconds. */
  ms: number
  sentence?: string
  seen: Seen
  /** What the learner's programs printed. */
  printed: string
}

/** A check that does and sees nothing for so long waits for something that will not come, in milliseconds. */
const SILENCE_MS = 60_000

/**
 * Runs an exercise's check on a file. Never rejects for what the learner did: the outcome says it in a sentence.
 * `shown` is the file's name as the learner knows it. `loadingMs`: how long a program may take to load, longer by default.
 */
export async function tryFile(
  exercise: Exercise,
  file: string,
  shown: string,
  { loadingMs }: { loadingMs?: number } = {},
): Promise<Outcome> {
  const begin = performance.now()
  const seen: Seen = []
  const deferred: (() => unknown)[] = []
  const programs: Program[] = []
  const elapsed = () => performance.now() - begin
  let doing = ''
  let ended: (error: unknown) => void = () => undefined
  const endedByItself = new Promise<never>((_resolve, reject) => {
    ended = reject
  })
  endedByItself.catch(() => undefined)
  const silence = rejectAfter(
    patience(SILENCE_MS),
    () => new Mistake(`The check waited for a minute or more, last for this: ${doing}.`),
  )

  const attempt: Attempt = {
    async start(options) {
      const program = await startProgram(file, shown, { loadingMs, ...options })
      programs.push(program)
      program.endedByItself.catch((error: Mistake) => {
        ended(doing ? new Mistake(`${error.message} It ended while this was done: ${doing}.`) : error)
      })
      return program
    },
    async load<Exports>(...names: (keyof Exports & string)[]) {
      providePageGlobals()
      const source = startsAs.get(file)?.file ?? file
      const loaded = (await import(`${pathToFileURL(source).href}?${begin}`).catch((error: Error) => {
        const { code } = error as NodeJS.ErrnoException
        throw new Mistake(
          explainCrash({ stack: error.stack ?? '', code, origin: 'uncaughtException' }, file, shown),
        )
      })) as Exports
      for (const name of names) {
        if (typeof loaded[name] === 'function') continue
        throw new Mistake(
          `${shown} exports no function "${name}". It must export what its start exports: ${names.join(', ')}.`,
        )
      }
      return loaded
    },
    step(what) {
      doing = what
      attempt.saw(`· ${what}`)
    },
    saw(what) {
      silence.restart()
      seen.push(`${(elapsed() / 1000).toFixed(3)} s  ${what}`)
    },
    expect(condition, sentence) {
      if (!condition) throw new Mistake(sentence)
    },
    defer(close) {
      deferred.push(close)
    },
  }

  const printed = () => programs.map((program) => program.output()).join('')
  try {
    requireFile(file, shown, exercise)
    const { check } = (await import(pathToFileURL(path.join(exercise.dir, 'check.ts')).href)) as Check
    await Promise.race([check(attempt), endedByItself, silence.promise])
    return { ok: true, ms: elapsed(), printed: printed(), seen: [...seen] }
  } catch (error) {
    const lines = [...seen]
    // A broken connection is seen before the end of the program that broke it.
    const crash = await Promise.race([
      endedByItself.catch((reason: Mistake) => reason),
      Promise.all(programs.map((program) => program.settled())).then(() => sleep(0, undefined)),
    ])
    return {
      ok: false,
      ms: elapsed(),
      printed: printed(),
      sentence: sentenceOf(error, crash, doing),
      seen: lines,
    }
  } finally {
    silence.stop()
    for (const close of deferred.reverse()) await close()
    await Promise.all(programs.map((program) => program.kill()))
  }
}

/** A missing file, and what is there in its place. */
function requireFile(file: string, shown: string, { fileName }: Exercise): void {
  if (existsSync(file)) return
  const dir = path.dirname(file)
  const others = existsSync(dir) ? readdirSync(dir).filter((name) => /\.[cm]?[jt]sx?$/.test(name)) : []
  const hint = others.length > 0 ? ` There is ${others.join(', ')}: rename it to ${fileName}.` : ''
  throw new Mistake(`There is no file ${shown}.${hint}`)
}

/** The sentence for whatever a check ended with. `crash`: the program had ended by itself meanwhile. */
function sentenceOf(error: unknown, crash: Mistake | undefined, doing: string): string {
  if (error instanceof Mistake) {
    return crash && crash !== error
      ? `${error.message} By then your program had ended: ${crash.message}`
      : error.message
  }
  if (crash) return crash.message
  const { message, cause } = error as Error & { cause?: Error }
  return `${doing || 'The check'} could not be done: ${cause?.message || message}.`
}

/** Rejects when so many milliseconds have passed since the last restart. */
function rejectAfter(ms: number, error: () => Error) {
  let timer: NodeJS.Timeout | undefined
  const promise = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(error()), ms)
  })
  promise.catch(() => undefined) // it may come when nobody waits any more
  return { promise, restart: () => timer?.refresh(), stop: () => clearTimeout(timer) }
}
