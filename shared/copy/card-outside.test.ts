import { execFileSync, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { root, startProgram } from '../testing/process.ts'
import { planCardCopy } from './card.ts'
import { readCards } from './cards.ts'
import { addNeeds, needsOf } from './project.ts'
import { writeCopy } from './write-card.ts'

const tsc = path.join(root, 'node_modules/typescript/bin/tsc')

/** What `npm init -y` writes. */
const MANIFEST = { name: 'mine', version: '1.0.0', main: 'index.js', type: 'commonjs' }

/** An empty project with the packages that are installed here. */
function emptyProject(): string {
  const dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'card-')))
  writeFileSync(path.join(dir, 'package.json'), JSON.stringify(MANIFEST))
  symlinkSync(path.join(root, 'node_modules'), path.join(dir, 'node_modules'), 'junction')
  return dir
}

/** `npm run copy …`, and what it printed. */
async function copy(...args: string[]): Promise<{ code: number | null; text: string }> {
  const program = startProgram([path.join(root, 'shared/cli/copy.ts'), ...args])
  const { code } = await program.exit
  return { code, text: program.stdout() + program.stderr() }
}

const cards = await readCards(root)

// All in one project: each compiles as it would alone, in an eighth of the time.
describe('the cards, outside the repository', () => {
  let dir = ''
  const folderOf = (name: string) => path.join(dir, 'src/realtime', name)

  beforeAll(() => {
    dir = emptyProject()
    for (const card of cards) {
      const needs = needsOf(root, card, dir)
      writeCopy(
        folderOf(card.name),
        planCardCopy(root, card, { revision: 'here', ...needs }),
        card.name,
        'here',
      )
      addNeeds(dir, needs)
    }
    execFileSync(process.execPath, [tsc, '--init'], { cwd: dir, stdio: 'ignore' })
    // Strict, and whatever else TypeScript itself suggests. What it finds, it prints.
    const { status, stdout } = spawnSync(process.execPath, [tsc, '--singleThreaded'], {
      cwd: dir,
      encoding: 'utf8',
    })
    expect(status, stdout).toBe(0)
  }, 180_000)
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  it('compile with TypeScript’s own settings', () => {
    for (const { name } of cards) {
      expect(existsSync(path.join(folderOf(name), 'example.js')), name).toBe(true)
    }
  })

  it.concurrent.for(cards.filter(({ promises }) => promises.length > 0))(
    '$name starts, and keeps its promises',
    { timeout: 180_000 },
    async ({ name, level, promises }, { expect, onTestFinished }) => {
      const example = `node ${path.join(folderOf(name), 'example.js')}`
      const args = [String(level), '--start', example, '--only', promises.join(',')]
      const prove = startProgram([path.join(root, 'shared/cli/prove.ts'), ...args])
      onTestFinished(() => prove.stop())
      expect((await prove.exit).code, prove.stdout() + prove.stderr()).toBe(0)
    },
  )
})

describe('npm run copy', () => {
  const name = 'reconnecting-websocket'
  const project = () => {
    const dir = emptyProject()
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
    return dir
  }
  const files = (dir: string) => path.join(dir, 'src/realtime', name)

  it('says so when a second copy changes nothing', async () => {
    const dir = project()
    await copy(name, dir)
    const before = readFileSync(path.join(dir, 'package.json'), 'utf8')
    const { code, text } = await copy(name, dir)
    expect({ code, text }).toEqual({ code: 0, text: expect.stringContaining('nothing to do') })
    expect(readFileSync(path.join(dir, 'package.json'), 'utf8')).toBe(before)
  })

  it('refuses to write over a changed file, names it, and changes nothing, until it is forced', async () => {
    const dir = project()
    await copy(name, dir)
    const file = path.join(files(dir), 'connection.ts')
    appendFileSync(file, '// mine\n')
    const refused = await copy(name, dir)
    expect(refused).toEqual({ code: 1, text: expect.stringContaining('connection.ts') })
    expect(readFileSync(file, 'utf8')).toContain('// mine')
    expect((await copy(name, dir, '--force')).code).toBe(0)
    expect(readFileSync(file, 'utf8')).not.toContain('// mine')
  })

  it('shows what changed here since, and not what was changed there', async () => {
    const dir = project()
    await copy(name, dir)
    appendFileSync(path.join(files(dir), 'README.md'), 'mine\n')
    expect(await copy('diff', name, dir)).toEqual({
      code: 0,
      text: expect.stringContaining('Nothing changed'),
    })
  })

  it.each([
    ['folder where a file is to be', 'src/realtime/reconnecting-websocket/connection.ts/', 'is a folder'],
    ['file where a folder is to be', 'src/realtime', 'is not a folder'],
  ])('writes nothing when there is a %s, and says where', async (_what, place, sentence) => {
    const dir = project()
    const there = path.join(dir, place)
    mkdirSync(place.endsWith('/') ? there : path.dirname(there), { recursive: true })
    if (!place.endsWith('/')) writeFileSync(there, '')
    const before = readdirSync(path.join(dir, 'src'), { recursive: true })
    const { code, text } = await copy(name, dir, '--force')
    expect({ code, text }).toEqual({ code: 1, text: expect.stringContaining(sentence) })
    expect(readdirSync(path.join(dir, 'src'), { recursive: true })).toEqual(before)
  })

  it('writes nothing in a dry run', async () => {
    const dir = project()
    const { code, text } = await copy(name, dir, '--dry-run', '--into', 'lib/socket')
    expect({ code, text }).toEqual({ code: 0, text: expect.stringContaining(path.join(dir, 'lib/socket')) })
    expect(() => readFileSync(path.join(dir, 'lib/socket/connection.ts'))).toThrow('ENOENT')
  })

  it.each([
    [['no-such-card', '.'], 'There is no card "no-such-card". There are: reconnecting-websocket'],
    [[name], 'Say what, and the folder of your project'],
    [[name, '/does/not/exist'], 'is not a folder'],
    [['diff', name, '.'], 'There is no copy of reconnecting-websocket'],
    [[name, '.', '--into', '../..'], 'is not inside'],
    [[name, '.', '--fast'], "Unknown option '--fast': there are --into SUB, --dry-run and --force"],
  ])('refuses %j with a sentence', async (args, sentence) => {
    const { code, text } = await copy(...args)
    expect(code).toBe(1)
    expect(text).toContain(sentence)
    expect(text).not.toMatch(/^\s+at /m)
  })
})
