import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import type { ReadStream, WriteStream } from 'node:tty'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { typescriptArguments } from '../dev/typescript.js'
import { makeDataFolder, removeDataFolder } from '../testing/data-folder.ts'
import { findExercises } from './exercise.ts'
import { learn } from './learn.ts'
import { openMyFiles } from './my-files.ts'
import { wrap } from './words.ts'

let dir = ''
beforeEach(() => {
  dir = makeDataFolder('learn')
})
afterEach(() => removeDataFolder(dir))

const [echo] = findExercises()
if (!echo) throw new Error('There are no exercises.')
const solution = path.join(echo.dir, 'solution.ts')
const mine = () => path.join(dir, '1.1-echo', 'server.ts')

/** A terminal of 80 columns without color, or none. */
function terminal(isTTY: boolean) {
  const stdin = Object.assign(new PassThrough(), { isTTY, setRawMode: () => stdin }) as unknown as ReadStream
  const stdout = Object.assign(new PassThrough(), { isTTY, columns: 80 }) as unknown as WriteStream
  let text = ''
  stdout.on('data', (data) => {
    text += data
  })
  vi.stubEnv('NO_COLOR', '1')
  return {
    stdin,
    stdout,
    written: () => text,
    press: (keys: string) => (stdin as unknown as PassThrough).write(keys),
    shows: (words: string | RegExp) => expect.poll(() => text, { timeout: 30_000 }).toMatch(words),
  }
}

describe('npm run learn', { timeout: 60_000 }, () => {
  it('without a terminal lists the exercises and ends', async () => {
    const screen = terminal(false)
    expect(await learn([], screen, dir)).toBe(0)
    expect(screen.written()).toMatch(/Level 1\n.* 1\.1 {2}Echo: .* 10 min\n/)
    expect(existsSync(mine())).toBe(false)
  })

  it('checks once: exit code 0 for a right file, 1 for a wrong one, and remembers what is done', async () => {
    const screen = terminal(false)
    const my = openMyFiles(dir)
    my.begin(echo)
    expect(await learn(['check', '1.1'], screen, dir)).toBe(1)
    expect(screen.written()).toMatch(/✗ 1\.1 Echo[\s\S]*nothing came back/)
    writeFileSync(mine(), readFileSync(solution, 'utf8'))
    expect(await learn(['check', '1.1'], screen, dir)).toBe(0)
    expect(await learn(['list'], screen, dir)).toBe(0)
    expect(screen.written()).toMatch(/✓ {2}1\.1/)
    const rows = screen.written().match(/^.* \d+ min$/gm) ?? []
    expect(rows.filter((row) => row.length > 80)).toEqual([])
  })

  it.each([['9.9'], ['check'], ['check', '7'], ['reset', 'x'], ['1.1', 'more'], ['list', '1.1']])(
    'refuses %s %s with its usage, exit code 1',
    async (...args) => {
      const said = vi.spyOn(console, 'error').mockImplementation(() => undefined)
      expect(await learn(args.filter(Boolean), terminal(false), dir)).toBe(1)
      expect(said.mock.calls.join()).toContain('npm run learn check 3.4')
      said.mockRestore()
    },
  )

  it('reset gives the start again and keeps what was there, each time', async () => {
    const screen = terminal(false)
    for (const text of ['first', 'second']) {
      openMyFiles(dir).begin(echo)
      writeFileSync(mine(), text)
      expect(await learn(['reset', '1.1'], screen, dir)).toBe(0)
    }
    expect(readFileSync(path.join(dir, '1.1-echo', 'server.1.ts'), 'utf8')).toBe('first')
    expect(readFileSync(path.join(dir, '1.1-echo', 'server.2.ts'), 'utf8')).toBe('second')
    expect(readFileSync(mine(), 'utf8')).toBe(readFileSync(path.join(echo.dir, 'start.ts'), 'utf8'))
    expect(screen.written()).toContain('What was there is now my/1.1-echo/server.2.ts.')
  })

  it('in a terminal shows the task, checks at each save, and obeys its keys', async () => {
    const screen = terminal(true)
    const ended = learn(['1.1'], screen, dir)
    await screen.shows(/The start is in my\/1\.1-echo\/server\.ts/)
    await screen.shows(/✗ 1\.1 Echo/)
    screen.press('h')
    await screen.shows(/Hint 1 of 3/)
    screen.press('h')
    await screen.shows(/Hint 2 of 3/)
    screen.press('d')
    await screen.shows(/\n\+ {2}socket\.on\('message'/)
    writeFileSync(mine(), readFileSync(solution, 'utf8'))
    await screen.shows(/✓ 1\.1 Echo/)
    screen.press('l')
    await screen.shows(/✓ {2}1\.1[\s\S]*1 of \d+ done/)
    screen.press('n')
    await screen.shows(/The start is in my\/1\.2-push\/server\.ts/)
    screen.press('q')
    expect(await ended).toBe(0)
    expect(screen.written()).not.toContain('\u001b')
    for (const line of screen.written().split('\n')) expect(line.length, line).toBeLessThanOrEqual(112)

    const again = terminal(true)
    const second = learn([], again, dir)
    await again.shows(/Your file: my\/1\.2-push\/server\.ts/)
    again.press('\u0003')
    expect(await second).toBe(0)
  })

  it('starts anew when its notes are damaged, and keeps them', async () => {
    writeFileSync(path.join(dir, 'progress.json'), '{ "at": "1.')
    expect(openMyFiles(dir).readProgress()).toEqual({ done: {}, hints: {} })
    expect(readFileSync(path.join(dir, 'progress.1.json'), 'utf8')).toBe('{ "at": "1.')
  })

  it('loses no file of the learner when it is killed, whenever that is', async () => {
    const script = path.join(dir, 'again-and-again.ts')
    const at = (name: string) => JSON.stringify(path.join(import.meta.dirname, name))
    writeFileSync(
      script,
      `import { openMyFiles } from ${at('my-files.ts')}
import { findExercises } from ${at('exercise.ts')}
const my = openMyFiles(${JSON.stringify(dir)})
process.send?.('going')
while (true) my.reset(findExercises()[0])
`,
    )
    openMyFiles(dir).begin(echo)
    writeFileSync(mine(), 'days of work')
    const start = readFileSync(path.join(echo.dir, 'start.ts'), 'utf8')
    for (const afterMs of [0, 3, 11]) {
      const child = fork(script, { execArgv: typescriptArguments })
      await once(child, 'message')
      await new Promise((resolve) => setTimeout(resolve, afterMs))
      child.kill('SIGKILL')
      await once(child, 'exit')
      const folder = path.dirname(mine())
      const texts = readdirSync(folder)
        .filter((name) => name.endsWith('.ts'))
        .map((name) => readFileSync(path.join(folder, name), 'utf8'))
      expect(texts).toContain('days of work')
      for (const text of texts) expect([start, 'days of work']).toContain(text)
    }
  })
})

it('breaks lines between words and never within', () => {
  expect(wrap('one two three', 8)).toBe('one two\nthree')
  expect(wrap('a-word-that-is-longer-than-the-line x', 8, '  ')).toBe(
    '  a-word-that-is-longer-than-the-line\n  x',
  )
})
