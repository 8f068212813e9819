import { existsSync, rmSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline/promises'
import { foldersOf, isInUse } from './kept.ts'
import { levels } from './levels.ts'

// `npm run reset`, `npm run reset 3`, `npm run reset -- --yes`: deletes what levels 3 and 4 keep between two starts.
const args = process.argv.slice(2)
const yes = args.includes('--yes')
const numbers = args.filter((arg) => arg !== '--yes')
process.exitCode = await reset()

async function reset(): Promise<number> {
  const unknown = numbers.find((number) => !levels.some((level) => String(level.number) === number))
  if (unknown !== undefined) {
    console.error(`There is no level "${unknown}": npm run reset, or npm run reset 3`)
    return 1
  }
  const dataDir = path.resolve(process.env.DATA_DIR || path.join(import.meta.dirname, '..', '..', '.data'))
  const folders = foldersOf(dataDir, numbers.map(Number)).filter(existsSync)
  if (folders.length === 0) {
    console.log('Nothing is kept: the next start is a first one.')
    return 0
  }
  for (const folder of folders) {
    if (!(await isInUse(folder))) continue
    console.error(`${folder} is in use: stop the level that runs first`)
    return 1
  }
  console.log(['Everything in these folders will be deleted:', ...folders].join('\n  '))
  if (!yes && !(await agrees())) return 1
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  console.log('Done: the next start is a first one.')
  return 0
}

async function agrees(): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    console.error('Nobody here to ask, and nothing is deleted. To delete it: npm run reset -- --yes')
    return false
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const left = new Promise<string>((resolve) => terminal.once('close', () => resolve('')))
  const answer = await Promise.race([terminal.question('Delete them? [y/N] '), left])
  terminal.close()
  if (/^y(es)?$/i.test(answer.trim())) return true
  console.log('Nothing is deleted.')
  return false
}
