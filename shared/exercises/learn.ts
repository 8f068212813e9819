import path from 'node:path'
import type { ReadStream, WriteStream } from 'node:tty'
import { checkApart } from './check-apart.ts'
import { type Exercise, findExercises } from './exercise.ts'
import { openMyFiles } from './my-files.ts'
import { runSession } from './session.ts'
import { createWords } from './words.ts'

const USAGE = `npm run learn               goes on where you were
npm run learn 3.4           begins with one
npm run learn list          all of them, with what is done
npm run learn check 3.4     checks your file once; a file's name may follow
npm run learn reset 3.4     the start again; your file is kept beside it`

export interface Terminal {
  stdin: ReadStream
  stdout: WriteStream
}

/** `npm run learn`: does what `args` say and returns the exit code. `dir` is the learner's folder, `my/`. */
export async function learn(args: string[], { stdin, stdout }: Terminal, dir: string): Promise<0 | 1> {
  const exercises = findExercises()
  const my = openMyFiles(dir)
  const hasTerminal = Boolean(stdin.isTTY && stdout.isTTY)
  const words = createWords({
    width: Math.min(stdout.columns ?? 80, 100),
    // no-color.org: set and not empty means no color, whatever it says.
    color: stdout.isTTY && !process.env.NO_COLOR,
  })
  const say = (text: string) => stdout.write(`${text}\n`)
  const refuse = (why: string) => {
    console.error(`${why}\n\n${USAGE}`)
    return 1 as const
  }

  const [first, second, third, ...more] = args
  const command = first === 'list' || first === 'check' || first === 'reset' ? first : 'open'
  const id = command === 'open' ? first : second
  const file = command === 'check' ? third : undefined
  if (more.length > 0 || args.length > { open: 1, list: 1, check: 3, reset: 2 }[command]) {
    return refuse(`Too many words: ${args.join(' ')}`)
  }
  const named = exercises.find((exercise) => exercise.id === id)
  if (!named && (id !== undefined || command === 'check' || command === 'reset')) {
    return refuse(
      id === undefined ? `Which one? npm run learn ${command} 1.1` : `There is no exercise "${id}".`,
    )
  }

  if (command === 'check' && named) return checkOnce(named, file)
  if (command === 'reset' && named) {
    const kept = my.reset(named)
    if (kept) say(`What was there is now ${kept}.`)
    say(`The start of ${named.id} is in ${my.shown(named)}.`)
    return 0
  }
  const start = named ?? whereWas()
  if (command === 'open' && hasTerminal && start) {
    await runSession(start, { exercises, my, words, input: stdin, write: (text) => stdout.write(text) })
    return 0
  }
  say(words.list(exercises, my.readProgress()))
  if (!hasTerminal) {
    const next = start?.id ?? '1.1'
    say(
      `Without a terminal: npm run learn reset ${next} copies a start, npm run learn check ${next} checks it.`,
    )
  }
  return 0

  /** The exercise they were at; the next one if that is done; the first one if they were nowhere. */
  function whereWas(): Exercise | undefined {
    const { at, done } = my.readProgress()
    const from = Math.max(
      0,
      exercises.findIndex((exercise) => exercise.id === at),
    )
    return exercises.slice(from).find((exercise) => !done[exercise.id]) ?? exercises[from]
  }

  async function checkOnce(exercise: Exercise, given: string | undefined): Promise<0 | 1> {
    const target = given === undefined ? my.fileOf(exercise) : path.resolve(process.env.INIT_CWD ?? '', given)
    const check = checkApart(exercise, target, given ?? my.shown(exercise))
    const stop = () => check.stop()
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop)
    const outcome = await check.outcome
    if (!outcome) return 1
    say(words.outcome(exercise, outcome))
    if (outcome.ok && given === undefined) {
      const progress = my.readProgress()
      progress.done[exercise.id] ??= new Date().toISOString()
      my.writeProgress(progress)
    }
    return outcome.ok ? 0 : 1
  }
}
