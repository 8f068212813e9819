import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { levels } from './levels.ts'

// `npm run bench 1` … `4`, or `npm run bench embedded`: a level measured against the least server that does the same.
const what = process.argv[2]
const level = levels.find(({ number }) => String(number) === what)
const file =
  what === 'embedded'
    ? path.join(import.meta.dirname, '..', 'bench', 'embedded.ts')
    : level && path.join(level.dir, 'bench', 'bench.ts')

if (file) {
  const { bench } = (await import(pathToFileURL(file).href)) as { bench(): Promise<void> }
  await bench()
} else {
  console.error('Say what to measure: npm run bench 1, 2, 3, 4 or embedded')
  process.exitCode = 1
}
