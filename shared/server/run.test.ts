import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Program, startProgram } from '../testing/process.ts'

interface Options {
  /** What happens to it: see smallest-level.ts. */
  fate?: string
  env?: Record<string, string>
  files?: Record<string, string>
}

const page = { 'client/index.html': '<title>page</title>' }

/** The smallest level there is, started as a process. */
function startLevel({ fate, env, files = page }: Options = {}): Program {
  const dir = mkdtempSync(path.join(tmpdir(), 'level-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(dir, name)), { recursive: true })
    writeFileSync(path.join(dir, name), text)
  }
  const settings = { NODE_ENV: undefined, PORT: '0', LEVEL_DIR: dir, LEVEL_FATE: fate, ...env }
  const program = startProgram(['shared/testing/smallest-level.ts'], { env: settings })
  onTestFinished(async () => {
    await program.stop()
    rmSync(dir, { recursive: true })
  })
  return program
}

describe('runLevel', () => {
  it('says the name, the URL and the services, serves the page, and ends with code 0', async () => {
    const program = startLevel()
    const url = await program.url()
    await program.printed(/services/)
    expect(program.stdout()).toBe(`Test level\n  ${url}\n  services: a database, a cache\n`)
    expect(await (await fetch(url)).text()).toContain('<title>page</title>')
    program.kill('SIGTERM')
    expect(await program.exit).toEqual({ code: 0, signal: null })
  })

  it('in production serves what was built', async () => {
    const files = { 'dist/index.html': 'built' }
    const program = startLevel({ env: { NODE_ENV: 'production' }, files })
    expect(await (await fetch(await program.url())).text()).toBe('built')
  })

  it.each<[string, Options, RegExp]>([
    [
      'production without a build',
      { env: { NODE_ENV: 'production' } },
      /^NODE_ENV=production .*npm run build/,
    ],
    ['a StartError', { fate: 'a StartError' }, /^SECRET is missing: set it$/],
    [
      'an error of several lines',
      { fate: 'an error of several lines' },
      /^Test level failed to start: Error: one two \(shared\/testing\/smallest-level\.ts:\d+:\d+\)$/,
    ],
  ])('refuses to start for %s: one line, exit code 1, no stack trace', async (_name, options, line) => {
    const program = startLevel(options)
    expect(await program.exit).toEqual({ code: 1, signal: null })
    expect(program.stderr().trimEnd()).toMatch(line)
    expect(program.stderr().trimEnd()).not.toContain('\n')
    expect(program.stdout()).toBe('')
  })

  const hasIPv6 = Object.values(networkInterfaces()).some((list) =>
    list?.some(({ address }) => address === '::1'),
  )
  it.each(['0.0.0.0', ...(hasIPv6 ? ['::1'] : [])])(
    'prints a URL that answers, with HOST=%j',
    async (HOST) => {
      const program = startLevel({ env: { HOST } })
      expect((await fetch(await program.url())).status).toBe(200)
      program.kill('SIGTERM')
      await program.exit
    },
  )

  it('exits with code 0 within 5 s although closing hangs', async () => {
    const program = startLevel({ fate: 'closing hangs' })
    await program.url()
    const asked = performance.now()
    program.kill('SIGTERM')
    expect(await program.exit).toEqual({ code: 0, signal: null })
    expect(performance.now() - asked).toBeLessThan(5_000)
  })

  it('says when closing fails, and exits all the same', async () => {
    const program = startLevel({ fate: 'closing fails' })
    await program.url()
    program.kill('SIGINT')
    expect((await program.exit).code).toBe(0)
    expect(program.stderr()).toBe('Closing failed: Error: stuck\n')
  })
})
