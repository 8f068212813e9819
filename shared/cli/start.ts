import { existsSync } from 'node:fs'
import path from 'node:path'
import { askForLevel, findLevel } from './choose.ts'
import { type Level, levels } from './levels.ts'
import { watchProgram } from './watch.ts'

// `npm start` asks which level; `npm start 3` and `npm run level-3` start it; without a terminal it is level 1.
const level = await chooseLevel(process.argv[2])
if (level) {
  // Level 4 is several processes, and cluster.ts starts them; the others are one.
  const cluster = path.join(level.dir, 'src', 'cluster.ts')
  const script = existsSync(cluster) ? cluster : path.join(level.dir, 'src', 'main.ts')
  const sources = levels
    .filter((other) => other.number <= level.number)
    .map((other) => path.join(other.dir, 'src'))
  watchProgram(script, [...sources, path.join(import.meta.dirname, '..', 'server')])
}

async function chooseLevel(argument: string | undefined): Promise<Level | undefined> {
  if (argument !== undefined) {
    const named = findLevel(argument)
    if (named) return named
    console.error(`There is no level "${argument}": choose 1, 2, 3 or 4, as in npm start 3`)
    process.exitCode = 1
    return undefined
  }
  if (!process.stdin.isTTY || !process.stdout.isTTY) return levels[0]
  return askForLevel(process.stdin, process.stdout)
}
