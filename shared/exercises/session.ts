import { type FSWatcher, mkdirSync, readFileSync, watch } from 'node:fs'
import path from 'node:path'
import { emitKeypressEvents } from 'node:readline'
import type { ReadStream } from 'node:tty'
import { type Check, checkApart } from './check-apart.ts'
import type { Exercise } from './exercise.ts'
import type { MyFiles } from './my-files.ts'
import { readLesson } from './readme.ts'
import type { Words } from './words.ts'

const KEYS = 'h hint   d my file against the solution   s solution   n next   l list   q quit'
/** An editor writes a file in several steps: wait until it is done, in milliseconds. */
const SETTLE_MS = 100

export interface SessionOptions {
  exercises: Exercise[]
  my: MyFiles
  words: Words
  input: ReadStream
  write(text: string): void
}

/** Works on exercises in a terminal until the learner quits: the task, a check at each save, keys. */
export function runSession(
  first: Exercise,
  { exercises, my, words, input, write }: SessionOptions,
): Promise<void> {
  let exercise = first
  let watcher: FSWatcher | undefined
  let check: Check | undefined
  let settling: NodeJS.Timeout | undefined
  let tried: string | undefined
  const say = (text: string) => write(`${text}\n`)

  /** The file as it is; undefined if there is none. */
  const content = () => {
    try {
      return readFileSync(my.fileOf(exercise), 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      return undefined
    }
  }

  function open(next: Exercise): void {
    exercise = next
    const copied = my.begin(exercise)
    my.writeProgress({ ...my.readProgress(), at: exercise.id })
    const { sections } = readLesson(exercise)
    say(`\n${words.heading(`${exercise.id} ${exercise.title}`)}   about ${exercise.minutes} minutes\n`)
    say(words.prose(sections['Your task']))
    say(`\n${words.heading('What is checked')}\n\n${words.prose(sections['What is checked'])}\n`)
    say(`${copied ? 'The start is in' : 'Your file:'} ${my.shown(exercise)}`)
    say(
      `What breaks now: ${path.basename(path.dirname(path.dirname(exercise.dir)))}/exercises/${exercise.slug}/README.md`,
    )
    say('Edit the file and save it: each save is checked.\n')
    watchFolder()
    tryNow()
  }

  /** The folder, not the file: editors write a new file and rename it, and a wrong name is worth a word, too. */
  function watchFolder(): void {
    watcher?.close()
    const folder = path.dirname(my.fileOf(exercise))
    mkdirSync(folder, { recursive: true })
    watcher = watch(folder, () => {
      clearTimeout(settling)
      settling = setTimeout(() => content() !== tried && tryNow(), SETTLE_MS)
    })
    watcher.on('error', (error) =>
      say(`The folder is not watched any more (${error.message}): Enter checks.`),
    )
  }

  async function tryNow(): Promise<void> {
    check?.stop()
    tried = content()
    const asked = exercise
    say(`Checking ${my.shown(asked)} …`)
    const running = checkApart(asked, my.fileOf(asked), my.shown(asked))
    check = running
    const outcome = await running.outcome
    if (!outcome || check !== running) return
    say(`\n${words.outcome(asked, outcome)}\n`)
    if (outcome.ok) {
      const progress = my.readProgress()
      progress.done[asked.id] ??= new Date().toISOString()
      my.writeProgress(progress)
    }
    say(KEYS)
  }

  function hint(): void {
    const { hints } = readLesson(exercise)
    const progress = my.readProgress()
    const shown = progress.hints[exercise.id] ?? 0
    // After the last one, from the first again: they are never out of reach.
    const number = shown % hints.length
    say(
      `\n${words.heading(`Hint ${number + 1} of ${hints.length}`)}\n\n${words.prose(hints[number] ?? '')}\n`,
    )
    progress.hints[exercise.id] = number + 1
    my.writeProgress(progress)
  }

  const solution = () => readFileSync(path.join(exercise.dir, 'solution.ts'), 'utf8')

  function next(): void {
    const after = exercises[exercises.indexOf(exercise) + 1]
    if (after) open(after)
    else say('That was the last one. l lists all.')
  }

  return new Promise((resolve) => {
    const quit = () => {
      watcher?.close()
      clearTimeout(settling)
      check?.stop()
      input.setRawMode(false)
      input.pause()
      say(`You are at ${exercise.id}: npm run learn goes on here.`)
      resolve()
    }
    const actions: Record<string, () => void> = {
      h: hint,
      d: () => say(`\n${words.diff(content() ?? '', solution(), exercise)}`),
      s: () => say(`\n${solution()}`),
      n: next,
      l: () => say(`\n${words.list(exercises, my.readProgress())}\n`),
      q: quit,
      return: tryNow,
    }
    emitKeypressEvents(input)
    input.setRawMode(true)
    input.on('keypress', (_text, key: { name?: string; ctrl?: boolean } | undefined) => {
      if (key?.ctrl && (key.name === 'c' || key.name === 'd')) return quit()
      const action = key?.name === undefined || key.ctrl ? undefined : actions[key.name]
      if (action) action()
      else say(KEYS)
    })
    open(exercise)
  })
}
