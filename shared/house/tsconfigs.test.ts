import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { root } from '../testing/process.ts'

const tsc = path.join(root, 'node_modules/typescript/bin/tsc')

/** What the type check says of one line of code, with the settings of servers, pages or workers. */
function check(config: string, line: string): string {
  mkdirSync(path.join(root, '.data'), { recursive: true })
  const dir = mkdtempSync(path.join(root, '.data', 'breach-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  const file = config === 'worker' ? 'line.js' : 'line.ts'
  writeFileSync(path.join(dir, file), `${line}\nexport {}\n`)
  writeFileSync(
    path.join(dir, 'tsconfig.json'),
    JSON.stringify({
      extends: path.join(root, `tsconfig.${config}.json`),
      compilerOptions: { incremental: false, tsBuildInfoFile: null },
      include: [],
      files: [file],
    }),
  )
  try {
    return execFileSync(process.execPath, [tsc, '--singleThreaded', '-p', dir], { encoding: 'utf8' })
  } catch (error) {
    return String((error as { stdout: unknown }).stdout)
  }
}

describe('the type check', () => {
  it.each([
    ['servers', 'document.title', 'process.exit()'],
    ['pages', 'process.exit()', 'document.title'],
    ['worker', 'document.title', 'caches.keys()'],
  ])('knows in %s no %s, but %s', (config, foreign, own) => {
    expect(check(config, foreign)).toContain(`Cannot find name '${foreign.split('.')[0]}'`)
    expect(check(config, own)).toBe('')
  })
})
