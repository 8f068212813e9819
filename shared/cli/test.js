import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

// `npm test`: everything. `npm test 3`: one level. Whatever else is named goes to Vitest: npm test 3 -- --watch
const root = fileURLToPath(new URL('../..', import.meta.url))
const names = process.argv.slice(2).map((word) => {
  const folder = readdirSync(root).find((name) => name.startsWith(`level-${word}-`))
  return /^\d$/.test(word) && folder ? `${folder}/` : word
})
if (/^\d+$/.test(names[0] ?? '')) {
  console.error(`There is no level "${names[0]}" here: npm test, or npm test 3`)
  process.exit(1)
}
process.argv.splice(2, process.argv.length, 'run', '--root', root, ...names)
const vitest = createRequire(import.meta.url).resolve('vitest/package.json')
await import(pathToFileURL(path.join(path.dirname(vitest), 'vitest.mjs')).href)
