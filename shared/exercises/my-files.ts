import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import type { Exercise } from './exercise.ts'

/** What a learner has done so far. */
export interface Progress {
  /** The exercise they were at last. */
  at?: string
  /** When each was solved, ISO 8601, by id. */
  done: Record<string, string>
  /** How many hints were shown, by id. */
  hints: Record<string, number>
}

/** The learner's own folder: one folder an exercise and `progress.json`. What is in it is never overwritten unkept. */
export interface MyFiles {
  /** Absolute. */
  fileOf(exercise: Exercise): string
  /** `my/1.1-echo/server.ts`, as the learner knows it. */
  shown(exercise: Exercise): string
  /** Copies the start, unless a file is there. Returns whether it did. */
  begin(exercise: Exercise): boolean
  /** The start again. Returns where the file that was there is now, as the learner knows it; undefined if there was none. */
  reset(exercise: Exercise): string | undefined
  readProgress(): Progress
  writeProgress(progress: Progress): void
}

/** `dir` is `my/` of the repository, unless a test has its own. Nothing is made before something is written. */
export function openMyFiles(dir: string): MyFiles {
  const fileOf = ({ slug, fileName }: Exercise) => path.join(dir, slug, fileName)
  const shown = ({ slug, fileName }: Exercise) => ['my', slug, fileName].join('/')
  const progressFile = path.join(dir, 'progress.json')

  return {
    fileOf,
    shown,
    begin(exercise) {
      const file = fileOf(exercise)
      if (existsSync(file)) return false
      return placeNew(file, startOf(exercise))
    },
    reset(exercise) {
      const file = fileOf(exercise)
      const kept = keep(file)
      writeWhole(file, startOf(exercise))
      return kept && ['my', exercise.slug, path.basename(kept)].join('/')
    },
    readProgress() {
      if (!existsSync(progressFile)) return { done: {}, hints: {} }
      try {
        const { at, done, hints } = JSON.parse(readFileSync(progressFile, 'utf8')) as Partial<Progress>
        return { at, done: { ...done }, hints: { ...hints } }
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error
        // Somebody edited it. Their exercises are files of their own; this one is kept beside the new one.
        keep(progressFile)
        return { done: {}, hints: {} }
      }
    },
    writeProgress: (progress) => writeWhole(progressFile, `${JSON.stringify(progress, null, 2)}\n`),
  }
}

const startOf = ({ dir }: Exercise) => readFileSync(path.join(dir, 'start.ts'), 'utf8')

/** All or nothing, even if this process is killed in the middle: written beside it, then renamed. */
function writeWhole(file: string, text: string): void {
  renameSync(writeBeside(file, text), file)
}

/** As writeWhole, but never over a file: returns false if one is there, even if it came in this moment. */
function placeNew(file: string, text: string): boolean {
  const beside = writeBeside(file, text)
  try {
    return linkAs(beside, file)
  } finally {
    rmSync(beside)
  }
}

function writeBeside(file: string, text: string): string {
  mkdirSync(path.dirname(file), { recursive: true })
  const beside = `${file}.${process.pid}.part`
  writeFileSync(beside, text)
  return beside
}

/** Gives a file a second name with a number, the first that is free: `server.1.ts`. Undefined if there is no file. */
function keep(file: string): string | undefined {
  if (!existsSync(file)) return undefined
  const { dir, name, ext } = path.parse(file)
  for (let number = 1; ; number++) {
    const kept = path.join(dir, `${name}.${number}${ext}`)
    if (linkAs(file, kept)) return kept
  }
}

/** A second name for a file. Returns false when the name is taken. */
function linkAs(file: string, name: string): boolean {
  try {
    linkSync(file, name)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    // Some file systems (exFAT, network drives) have no links.
    if (existsSync(name)) return false
    copyFileSync(file, `${name}.part`)
    renameSync(`${name}.part`, name)
    return true
  }
}
