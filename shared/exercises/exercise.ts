import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { levels } from '../cli/levels.ts'

/** One task of `npm run learn`: a folder with README.md, start.ts, solution.ts, check.ts and wrong/. */
export interface Exercise {
  /** `3.4`: the fourth of level 3. */
  id: string
  level: number
  /** `3.4-come-back`: the folder's name, here and under `my/`. */
  slug: string
  /** `Come back: join, then read`. */
  title: string
  minutes: number
  /** What the learner's file is called: a server is a program, a client is a module that a page would import. */
  fileName: 'server.ts' | 'client.ts'
  /** Absolute. */
  dir: string
}

/** A title and, below it, how long it takes and which file it is about: `15 minutes · server.ts`. */
const HEAD = /^# (\d+\.\d+) (.+)\n\n(\d+) minutes · (server\.ts|client\.ts)\n/

/** All exercises, in order. Throws if a folder's README does not begin as every exercise does. */
export function findExercises(): Exercise[] {
  return levels.flatMap(({ number, dir }) => {
    const folder = path.join(dir, 'exercises')
    if (!existsSync(folder)) return []
    return readdirSync(folder)
      .filter((name) => /^\d+\.\d+-/.test(name))
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
      .map((slug) => readExercise(number, path.join(folder, slug)))
  })
}

function readExercise(level: number, dir: string): Exercise {
  const slug = path.basename(dir)
  const match = HEAD.exec(readReadme({ dir }))
  const [, id, title, minutes, fileName] = match ?? []
  if (id === undefined || title === undefined || !slug.startsWith(`${id}-`)) {
    throw new Error(`${dir}/README.md must begin "# ${slug.split('-')[0]} Title", "15 minutes · server.ts"`)
  }
  return {
    id,
    level,
    slug,
    title,
    minutes: Number(minutes),
    fileName: fileName as Exercise['fileName'],
    dir,
  }
}

export function readReadme({ dir }: Pick<Exercise, 'dir'>): string {
  return readFileSync(path.join(dir, 'README.md'), 'utf8').replaceAll('\r\n', '\n')
}

/** The exercise whose start is the solution of the one before: the same kind of file, in the same level. */
export function exerciseBefore(exercise: Exercise, all: Exercise[]): Exercise | undefined {
  const earlier = all.slice(0, all.indexOf(exercise))
  return earlier.findLast(({ level, fileName }) => level === exercise.level && fileName === exercise.fileName)
}
