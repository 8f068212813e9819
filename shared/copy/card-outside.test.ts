import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { root, startProgram } from '../testing/process.ts'
import { readCards } from './cards.ts'

const tsc = path.join(root, 'node_modules/typescript/bin/tsc')

/** An empty project: `npm init -y`, TypeScript's own default settings, and the packages that are installed here. */
function emptyProject(): string {
  const dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'card-')))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  execFileSync('npm', ['init', '-y'], { cwd: dir, stdio: 'ignore', shell: process.platform === 'win32' })
  execFileSync(process.execPath, [tsc, '--init'], { cwd: dir, stdio: 'ignore' })
  symlinkSync(path.join(root, 'node_modules'), path.join(dir, 'node_modules'), 'junction')
  return dir
}

/** `npm run copy …`, and what it printed. */
async function copy(...args: string[]): Promise<{ code: number | null; text: string }> {
  const program = startProgram([path.join(root, 'shared/cli/copy.ts'), ...args])
  const { code } = await program.exit
  return { code, text: program.stdout() + program.stderr() }
}

describe.each(await readCards(root))('the card $name, outside the repository', (card) => {
  it('compiles in an empty project, starts, and keeps its promises', async () => {
    const dir = emptyProject()
    const { code, text } = await copy(card.name, dir)
    expect(code, text).toBe(0)
    // Strict, and whatever else TypeScript itself suggests. What it finds, it prints.
    execFileSync(process.execPath, [tsc], { cwd: dir, encoding: 'utf8' })
    if (card.promises.length === 0) return
    const example = path.join(dir, 'src/realtime', card.name, 'example.js')
    const prove = startProgram([
      path.join(root, 'shared/cli/prove.ts'),
      String(card.level),
      '--start',
      `node ${example}`,
      '--only',
      card.promises.join(','),
    ])
    onTestFinished(() => prove.stop())
    expect((await prove.exit).code, prove.stdout() + prove.stderr()).toBe(0)
  }, 120_000)
})

describe('npm run copy', () => {
  const name = 'reconnecting-websocket'
  const files = (dir: string) => path.join(dir, 'src/realtime', name)

  it('says so when a second copy changes nothing', async () => {
    const dir = emptyProject()
    await copy(name, dir)
    const before = readFileSync(path.join(dir, 'package.json'), 'utf8')
    const { code, text } = await copy(name, dir)
    expect({ code, text }).toEqual({ code: 0, text: expect.stringContaining('nothing to do') })
    expect(readFileSync(path.join(dir, 'package.json'), 'utf8')).toBe(before)
  })

  it('refuses to write over a changed file, names it, and changes nothing, until it is forced', async () => {
    const dir = emptyProject()
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
    const dir = emptyProject()
    await copy(name, dir)
    appendFileSync(path.join(files(dir), 'README.md'), 'mine\n')
    expect(await copy('diff', name, dir)).toEqual({
      code: 0,
      text: expect.stringContaining('Nothing changed'),
    })
  })

  it('writes nothing in a dry run', async () => {
    const dir = emptyProject()
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
  ])('refuses %j with a sentence', async (args, sentence) => {
    const { code, text } = await copy(...args)
    expect(code).toBe(1)
    expect(text).toContain(sentence)
    expect(text).not.toMatch(/^\s+at /m)
  })
})
