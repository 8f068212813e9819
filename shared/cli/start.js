import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { createTypeCheck } from '../dev/check-types.js'
import { readEnvFile } from '../dev/env-file.js'
import { sourceFolders } from '../dev/sources.js'
import { watchProgram } from '../dev/watch.js'

// `npm start` asks which level; `npm start 3` and `npm run level-3` start it; without a terminal it is level 1.
// JavaScript: it starts the server, which loads TypeScript itself, and must not take time of its own.
const root = fileURLToPath(new URL('../..', import.meta.url))
const folders = readdirSync(root).filter((name) => /^level-\d-/.test(name))
readEnvFile()
const number = await chooseLevel(process.argv[2])
if (number !== undefined) startLevel(number)

/**
 * @param {string | undefined} argument
 * @returns {Promise<string | undefined>}
 */
async function chooseLevel(argument) {
  if (argument !== undefined) {
    if (folderOf(argument)) return argument
    console.error(`There is no level "${argument}": choose 1, 2, 3 or 4, as in npm start 3`)
    process.exitCode = 1
    return undefined
  }
  // A level that was taken out: it, and at most the level that it is made of.
  if (!folderOf('1')) return folders.sort().at(-1)?.slice('level-'.length)[0]
  if (!process.stdin.isTTY || !process.stdout.isTTY) return '1'
  await import('../dev/setup.js')
  const { askForLevel } = await import('./choose.ts')
  const level = await askForLevel(process.stdin, process.stdout)
  return level && String(level.number)
}

/** @param {string} number */
function folderOf(number) {
  return /^\d$/.test(number) ? folders.find((name) => name.startsWith(`level-${number}-`)) : undefined
}

/** @param {string} number */
function startLevel(number) {
  const dir = path.join(root, folderOf(number) ?? '')
  // Level 4 is several processes, and its cluster.ts starts them; the others are one.
  const programs = ['dev/cluster.ts', 'src/cluster.ts', 'src/main.ts'].map((file) => path.join(dir, file))
  const script = programs.find(existsSync) ?? ''
  if (process.env.NODE_ENV === 'production') return watchProgram(script)

  watchProgram(script, { folders: sourceFolders(dir), onChange: createTypeCheck(dir) })
}
