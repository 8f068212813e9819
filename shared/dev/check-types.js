import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'

/** Most lines of errors that are printed; a missing bracket makes hundreds. */
const MAX_LINES = 20

/**
 * A check of the types of the project in `dir` (its tsconfig.json), beside whatever runs: at low priority, one at a
 * time, the last asked for wins. Prints the errors, and one line when there are none any more.
 *
 * @param {string} dir
 * @param {(text: string) => void} [print]
 */
export function createTypeCheck(dir, print = console.error) {
  const tsc = findCompiler()
  // The compiler takes its time to obey anything softer than SIGKILL. What it keeps, it can make anew.
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let running
  let hadErrors = false
  process.once('exit', () => running?.kill('SIGKILL'))

  return function check() {
    running?.kill('SIGKILL')
    const child = spawn(tsc, ['--project', dir, '--pretty', 'false', '--singleThreaded'], {
      cwd: dir,
      stdio: ['ignore', 'pipe', 'ignore'],
      windowsHide: true,
    })
    running = child
    if (child.pid !== undefined) os.setPriority(child.pid, os.constants.priority.PRIORITY_LOW)
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text
    })
    child.once('error', (error) => print(`The types are not checked: ${error.message}`))
    child.once('close', (code) => {
      if (running !== child) return // a later check has taken its place
      running = undefined
      if (code === 0 && hadErrors) print('Types: no errors any more.')
      if (code !== 0) print(describeErrors(output))
      hadErrors = code !== 0
    })
  }
}

/**
 * The compiler itself. `typescript/bin/tsc` is a script that starts it, and lives on in it when the script is killed.
 * Each platform has a package of its own.
 */
function findCompiler() {
  const typescript = createRequire(createRequire(import.meta.url).resolve('typescript/package.json'))
  const manifest = `@typescript/typescript-${process.platform}-${process.arch}/package.json`
  const program = process.platform === 'win32' ? 'tsc.exe' : 'tsc'
  return path.join(path.dirname(typescript.resolve(manifest)), 'lib', program)
}

/** @param {string} output */
function describeErrors(output) {
  const lines = output.trimEnd().split('\n')
  const errors = lines.filter((line) => /error TS\d+/.test(line)).length
  const shown = lines.slice(0, MAX_LINES)
  if (lines.length > shown.length) shown.push(`… ${lines.length - shown.length} lines more: npm run check`)
  return [
    `Types: ${errors} ${errors === 1 ? 'error' : 'errors'}. They do not stop the server.`,
    ...shown,
  ].join('\n  ')
}
