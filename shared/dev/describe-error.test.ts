import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { root, startCommand } from '../testing/process.ts'
import { describeError } from './describe-error.js'
import { typescriptArguments } from './typescript.js'

/** What running these files says, each at `src/`, from `src/main.ts` on. */
async function run(files: Record<string, string>): Promise<string> {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'program-')))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(path.join(folder, 'src'))
  // A package of its own, as every level is.
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }')
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, 'src', name), text)
  const runner = path.join(folder, 'run.mjs')
  const describe = path.join(root, 'shared/dev/describe-error.js')
  writeFileSync(
    runner,
    `import { describeError } from ${JSON.stringify(describe)}
     await import('./src/main.ts').catch((error) => console.log(describeError(error, ${JSON.stringify(folder)})))`,
  )
  const program = startCommand(process.execPath, [...typescriptArguments, runner])
  onTestFinished(() => program.stop())
  await program.exit
  return program.stdout() + program.stderr()
}

it.each([
  [
    'is thrown while a file is loaded',
    {
      'main.ts': "type A = 1\nimport { open } from './door.ts'\nopen()\n",
      'door.ts':
        'export interface Door { a: 1 }\n\nexport function open(): never {\n  throw new Error("No key\\n  at all")\n}',
    },
    /^Error: No key at all \(src\/door\.ts:4:\d+\)\n$/,
  ],
  [
    'is thrown by a package that our file called wrongly',
    { 'main.ts': "\nimport path from 'node:path'\npath.join(1 as never)\n" },
    /^TypeError: .*"path" argument.* \(src\/main\.ts:3:\d+\)\n$/,
  ],
  [
    'is a mistake in the syntax',
    { 'main.ts': "import './door.ts'", 'door.ts': 'const one: number = 1\nconst two = ;\n' },
    /^\w+: .*(Unexpected|Expression expected).* \(src\/door\.ts:2(:\d+)?\)\n$/,
  ],
])('an error that %s is one line with its place in our files', async (_name, files, line) => {
  expect(await run(files)).toMatch(line)
})

it('what is thrown without a place is told as it is', () => {
  expect(describeError(new Error('plain'), '/nowhere')).toBe('Error: plain')
  expect(describeError('words', '/nowhere')).toBe('Error: words')
})
