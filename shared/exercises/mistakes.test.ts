import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { afterAll, expect, it, vi } from 'vitest'
import { makeDataFolder, removeDataFolder } from '../testing/data-folder.ts'
import { tryFile } from './attempt.ts'
import { findExercises } from './exercise.ts'

vi.setConfig({ maxConcurrency: 4 })

const dir = makeDataFolder('mistakes')
afterAll(() => removeDataFolder(dir))

const busy = createServer().listen(0, '127.0.0.1')
afterAll(() => busy.close())
const busyPort = () => (busy.address() as { port: number }).port

const LISTENS = `import { createServer } from 'node:http'
const http = createServer((_req, res) => res.end()).listen(Number(process.env.PORT), '127.0.0.1')
`
const mistakes: [string, string | (() => string), RegExp][] = [
  [
    'a syntax error',
    'const a: number = ;\n',
    /^server\.ts:1(:\d+)? does not compile: |server\.ts:1.*Expression expected/,
  ],
  [
    'an export that a package does not have',
    "import { WebSocketServr } from 'ws'\nnew WebSocketServr()\n",
    /^server\.ts:1.* imports WebSocketServr from 'ws', which has no export of that name/,
  ],
  [
    'a package that does not exist',
    "\nimport x from 'socket.oi'\nx()\n",
    /^server\.ts:2 imports the package "socket\.oi", which is not installed/,
  ],
  [
    'a file that does not exist',
    "import { x } from './helper.ts'\nx()\n",
    /^server\.ts:1 imports the file helper\.ts, and it is not there/,
  ],
  [
    'a port in use',
    () => `import { createServer } from 'node:http'\n\ncreateServer().listen(${busyPort()}, '127.0.0.1')\n`,
    /^server\.ts:3 listens on port \d+, and something else has that port already/,
  ],
  [
    'a port of its own',
    "import net from 'node:net'\nnet.createServer().listen(0)\n",
    /nothing listens on port \d+/,
  ],
  [
    'a program that ends',
    "console.log('bye')\n",
    /^server\.ts ended by itself, with exit code 0.*it printed: bye$/,
  ],
  [
    'an exception',
    `${LISTENS}\nsetTimeout(() => http.nonsense(), 50)\nhttp.on('upgrade', () => undefined)\n`,
    /^server\.ts:4:\d+: TypeError: http\.nonsense is not a function\. Nothing caught it/,
  ],
  [
    'an unhandled rejection',
    `${LISTENS}http.on('upgrade', async () => {\n  throw new Error('no database')\n})\n`,
    /^server\.ts:4:\d+: Error: no database\. It was thrown in an async function/,
  ],
]

it.concurrent.each(mistakes)(
  'tells %s in a sentence, with its line',
  { timeout: 60_000 },
  async (name, source, sentence) => {
    const file = path.join(dir, `${name.replaceAll(' ', '-')}.ts`)
    writeFileSync(file, typeof source === 'string' ? source : source())
    const [echo] = findExercises()
    if (!echo) throw new Error('There are no exercises.')
    const outcome = await tryFile(echo, file, 'server.ts')
    expect(outcome).toMatchObject({ ok: false, sentence: expect.stringMatching(sentence) })
    expect(outcome.sentence).not.toMatch(/\n\s+at |node:internal/)
  },
)

it.concurrent.each([
  ['a loop that never ends', 'while (true) {}', /is busy.*A loop that never ends\?/],
  [
    'an await for something that never comes',
    'setInterval(() => undefined, 1_000)\nawait new Promise(() => undefined)',
    /waits for something before it listens.*MONGODB_URI/,
  ],
])('tells %s from a program that does not listen', { timeout: 60_000 }, async (what, source, sentence) => {
  const file = path.join(dir, `${what.replaceAll(' ', '-')}.ts`)
  writeFileSync(file, `${source}\n`)
  const [echo] = findExercises()
  if (!echo) throw new Error('There are no exercises.')
  expect((await tryFile(echo, file, 'server.ts', { loadingMs: 2_000 })).sentence).toMatch(sentence)
})

it('names the file that is there when the right one is not', async () => {
  writeFileSync(path.join(dir, 'sever.ts'), '')
  const [echo] = findExercises()
  if (!echo) throw new Error('There are no exercises.')
  const { sentence } = await tryFile(echo, path.join(dir, 'server.ts'), 'my/1.1-echo/server.ts')
  expect(sentence).toMatch(
    /^There is no file my\/1\.1-echo\/server\.ts\. There is .*sever\.ts.*: rename it to server\.ts\.$/,
  )
})

it.concurrent('tells a page without its export which one is missing', { timeout: 30_000 }, async () => {
  const file = path.join(dir, 'client.ts')
  writeFileSync(file, 'export function conect() {}\n')
  const page = findExercises().find(({ fileName }) => fileName === 'client.ts')
  if (!page) throw new Error('There is no exercise about a page.')
  const { checkApart } = await import('./check-apart.ts')
  const outcome = await checkApart(page, file, 'client.ts').outcome
  expect(outcome?.sentence).toMatch(/^client\.ts exports no function "connect"/)
})
