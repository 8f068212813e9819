import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { freePort } from '../shared/dev/ports.ts'

// Starts each level under the Node that runs this, as npm does. Ends with code 1 at the first word of warning.
const root = path.join(import.meta.dirname, '..')
const dataDir = mkdtempSync(path.join(tmpdir(), 'levels-'))
for (const level of [1, 2, 3, 4]) await startLevel(level)
rmSync(dataDir, { recursive: true, force: true })

/** @param {number} level */
async function startLevel(level) {
  const before = performance.now()
  const child = spawn(process.execPath, [path.join(root, 'shared/cli/start.js'), String(level)], {
    env: { ...process.env, PORT: String(await freePort([1, 40])), DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  let warned = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    warned += text
  })
  const url = await new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text) => {
      said += text
      const [found] = /http:\/\/[^\s]+/.exec(said) ?? []
      if (found) resolve(found)
    })
    child.once('exit', (code) => reject(new Error(`level ${level} ended with ${code}: ${warned}`)))
  })
  const seconds = (performance.now() - before) / 1_000
  for (const page of ['/healthz', '/', '/main.ts']) {
    const { status } = await fetch(url + page)
    if (status !== 200) throw new Error(`level ${level} answered ${page} with ${status}`)
  }
  child.removeAllListeners('exit')
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const code = await ended
  if (code !== 0 || warned) throw new Error(`level ${level} ended with ${code} and warned: ${warned}`)
  console.log(
    `level ${level} under Node ${process.versions.node}: ready after ${seconds.toFixed(1)} s, no warning`,
  )
}
