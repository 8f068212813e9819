import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { describeLoad } from '../bench/verdict.ts'
import { levels } from './levels.ts'

// `npm run bench 1` … `4`: a level against the least server that does the same; `embedded`: the database for development;
// `pressure`: what each level holds when somebody leans on it.
const what = process.argv[2]
const level = levels.find(({ number }) => String(number) === what)
const file =
  what === 'embedded' || what === 'pressure'
    ? path.join(import.meta.dirname, '..', 'bench', `${what}.ts`)
    : level && path.join(level.dir, 'bench', 'bench.ts')

if (file) {
  console.log(describeLoad())
  const { bench } = (await import(pathToFileURL(file).href)) as { bench(): Promise<void> }
  await bench()
} else {
  console.error('Say what to measure: npm run bench 1, 2, 3, 4, embedded or pressure')
  process.exitCode = 1
}
