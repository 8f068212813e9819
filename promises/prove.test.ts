import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { runner } from '@levels/shared/dev/typescript.js'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { promises } from './promises.ts'
import { prove } from './prove.ts'

const root = path.join(import.meta.dirname, '..')
const tempFile = (name: string) => path.join(mkdtempSync(path.join(tmpdir(), 'prove-')), name)

/** What `npm run prove` says and gives, in this process. */
async function say(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const lines = { log: [] as string[], error: [] as string[] }
  const spies = (['log', 'error'] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation((line) => void lines[name].push(`${line}\n`)),
  )
  try {
    const code = await prove(args)
    return { code, stdout: lines.log.join(''), stderr: lines.error.join('') }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

/** A line for the shell that runs this program with Node. */
const node = (...args: string[]) => [process.execPath, runner, ...args].map(quote).join(' ')
const quote = (word: string) => `"${word}"`
const honest = node(path.join(import.meta.dirname, 'liars', 'start-honest.ts'))

describe('what cannot be tried is told in one line, with exit code 2', { timeout: 120_000 }, () => {
  it.each([
    ['a level that is none', ['7'], /^There is no level "7": choose 1, 2, 3 or 4\n$/],
    ['two levels', ['1', '2'], /^One level at a time: "2" is too much\n$/],
    ['a promise that is none', ['1', '--only', 'arives'], /^There is no promise "arives": .*--list.*\n$/],
    ['an option that is none', ['1', '--fast'], /^Unknown option '--fast'.*: there are --at.*\n$/],
    ['a seed that is no number', ['1', '--seed', 'x'], /^--seed "x" is no number .*\n$/],
    ['no level', ['--at', 'http://localhost:1'], /^which level does your server speak\? .*\n$/],
    ['no address', ['1', '--at', 'localhost'], /^--at "localhost" is no .*http:\/\/localhost:5000\n$/],
    ['nobody there', ['1', '--at', 'http://localhost:9'], /^http:\/\/localhost:9 does not answer: .*\n$/],
    ['--at beside --start', ['1', '--at', 'http://x:1', '--start', 'x'], /^--at is for .*choose one.*\n$/],
    ['no command', ['1', '--start', ' '], /^--start needs a command, .*\n$/],
    ['a table of one level', ['1', '--write'], /^--write fills the whole table: .*\n$/],
    ['chaos at level 1', ['1', '--chaos', '60'], /^--chaos is for levels 3 and 4: .*\n$/],
    ['chaos for an hour', ['4', '--chaos', '3600'], /^--chaos "3600" is no number of seconds .*\n$/],
    ['chaos without kills', ['4', '--chaos', '9', '--at', 'http://x:1'], /^--chaos kills servers: .*\n$/],
    ['a picture of nothing', ['4', '--picture', 'x.svg'], /^--picture draws what --chaos does: .*\n$/],
    [
      'a command that ends',
      ['1', '--start', 'echo broken; exit 3'],
      /^the start command ended \(exit code 3\) .*it said: broken\n$/,
    ],
    [
      'a command that never listens',
      ['1', '--only', 'arrives', '--start', 'echo hello; sleep 600'],
      /^the start command runs, but nothing listens on PORT .* after \d+ s; it said: hello\n$/,
    ],
  ])('%s', async (_, args, says) => {
    const { code, stderr } = await say(...args)
    expect(stderr).toMatch(says)
    expect(code).toBe(2)
  })

  it.each([
    ['a page', 200, '<html></html>', /answers GET \/healthz with a page \(HTML, 200\)/],
    ['a redirect', 302, '', /redirects to https:\/\/example\.com\/: name that address/],
    ['errors', 500, 'no', /answers 500 to GET \/healthz: the server is not well/],
  ])('a server that answers with %s', async (_, status, body, says) => {
    const server = createServer((_request, response) =>
      response.writeHead(status, { location: 'https://example.com/' }).end(body),
    )
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const { code, stderr } = await say('1', '--at', `http://127.0.0.1:${port}`)
    expect(stderr).toMatch(says)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(code).toBe(2)
  })
})

it('--list names every promise, its group, and what each level says of it', async () => {
  const { code, stdout } = await say('--list')
  expect(stdout.trim().split('\n')).toHaveLength(promises.length)
  expect(stdout).toMatch(/^once +delivery +– ✓ ✓ ✓ {2}three pages of one person/m)
  expect(code).toBe(0)
})

const hasPython = spawnSync('python3', ['--version']).status === 0

it.runIf(hasPython)('thirty lines of Python keep the delivery promises of level 1', async () => {
  const [json, history] = [tempFile('results.json'), tempFile('history.jsonl')]
  const server = `python3 ${path.join(import.meta.dirname, 'examples', 'level-1.py')}`
  const only = ['--only', 'arrives,in-order', '--seed', '7']
  const { code, stdout } = await say('1', '--start', server, ...only, '--json', json, '--history', history)
  expect(stdout).toContain(
    '✓ kept    arrives           200 sent by 4 senders to 3 pages: 200 acknowledged, 200 shown, 0 twice',
  )
  expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({
    seed: 7,
    server,
    results: [
      { id: 'arrives', group: 'delivery', level: 1, verdict: 'kept', counts: { sent: 200, shown: 200 } },
      { id: 'in-order', verdict: 'kept', counts: { disordered: 0 } },
    ],
  })
  const entries = readFileSync(history, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const shown = entries.filter(({ what, promise }) => what === 'shown' && promise === 'arrives')
  expect(shown).toHaveLength(200 * 3)
  expect(shown[0]).toEqual({
    level: 1,
    promise: 'arrives',
    at: expect.any(Number),
    who: expect.stringMatching(/^bob\/[123]$/), // its pages in no order of their own
    what: 'shown',
    message: expect.stringMatching(/^\d+ of (ann|cem|dana|eve), \w+/),
  })
  expect(code).toBe(0)
})

it('a server that keeps its promise is not blamed for a machine that stood still: it is tried again', {
  timeout: 120_000,
}, async () => {
  const server = node(path.join(import.meta.dirname, 'liars', 'stands-still.ts'), tempFile('stood-still'))
  const { code, stdout } = await say('3', '--only', 'token-ends', '--start', server)
  expect(stdout).toMatch(/token-ends: this machine takes \d\.\d s for an answer: tried again/)
  expect(stdout).toMatch(/✓ kept {4}token-ends/)
  expect(code).toBe(0)
})

describe('nothing is left running', { timeout: 60_000 }, () => {
  const isAlive = (pid: number) => {
    try {
      process.kill(pid, 0)
      return true
    } catch {
      return false
    }
  }
  /** Notes the number of the shell that becomes the server, and of what it leaves beside it. */
  const noting = (file: string, server: string) => `sleep 600 & echo $! $$ >> "${file}"; exec ${server}`
  const noted = (file: string) => readFileSync(file, 'utf8').split(/\s+/).filter(Boolean).map(Number)

  /** What was killed is there until its parent has noticed. */
  const gone = (file: string) => vi.waitUntil(() => !noted(file).some(isAlive), { timeout: 10_000 })

  it.runIf(process.platform !== 'win32')('of a server that ignores SIGTERM and leaves a child', async () => {
    const pids = tempFile('pids')
    const deaf = node(path.join(import.meta.dirname, 'liars', 'goodbye.ts'))
    const { code, stdout } = await say('1', '--start', noting(pids, deaf), '--only', 'goodbye,arrives')
    expect(stdout).toMatch(/✗ broken {2}goodbye +still running after 5 s/)
    expect(stdout).toMatch(/✓ kept {4}arrives/)
    expect(code).toBe(1)
    await gone(pids)
  })

  it.runIf(process.platform !== 'win32')('by a run that is ended itself', async () => {
    const pids = tempFile('pids')
    const args = ['shared/cli/prove.ts', '1', '--start', noting(pids, honest), '--only', 'survives-a-cut']
    const run = spawn(process.execPath, [runner, ...args], { cwd: root, stdio: 'ignore' })
    await vi.waitUntil(() => existsSync(pids) && noted(pids).length >= 2, { timeout: 30_000 })
    run.kill('SIGTERM')
    const [code] = await once(run, 'exit')
    expect(code).toBe(2)
    await gone(pids)
  })
})
