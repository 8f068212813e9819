import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { describeLoad } from '../bench/verdict.ts'
import { levels } from './levels.ts'

// `npm run bench 1` … `4`: a level against the least server that does the same; `embedded`: the database for development;
// `pressure`: what each level holds when somebody leans on it. Names after that choose parts: `npm run bench 3 growth`.
const [what, ...names] = process.argv.slice(2)
const level = levels.find(({ number }) => String(number) === what)
const file =
  what === 'embedded' || what === 'pressure'
    ? path.join(import.meta.dirname, '..', 'bench', `${what}.ts`)
    : level && path.join(level.dir, 'bench', 'bench.ts')

// An exit ends what was started; a signal by itself would leave it running.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

if (file) await run(file)
else fail('Say what to measure: npm run bench 1, 2, 3, 4, embedded or pressure')

/** Each benchmark exports its parts, in their order. */
async function run(file: string): Promise<void> {
  const { parts } = (await import(pathToFileURL(file).href)) as { parts: Record<string, () => Promise<void>> }
  const unknown = names.find((name) => !Object.hasOwn(parts, name))
  if (unknown !== undefined)
    return fail(`There is no part ${unknown}: npm run bench ${what} has ${Object.keys(parts).join(', ')}`)
  console.log(describeLoad())
  for (const [name, measure] of Object.entries(parts)) {
    if (names.length === 0 || names.includes(name)) await measure()
  }
}

function fail(message: string): void {
  console.error(message)
  process.exitCode = 1
}
