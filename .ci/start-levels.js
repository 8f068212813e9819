import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

// Starts each level under the Node that runs this, as npm does. Ends with code 1 at the first word of warning.
const root = path.join(import.meta.dirname, '..')
const dataDir = mkdtempSync(path.join(tmpdir(), 'levels-'))
// Below the range that outgoing connections take their ports from.
let port = 12_000 + Math.floor(Math.random() * 20_000)
for (const level of [1, 2, 3, 4]) {
  port += 50
  await startLevel(level, port)
}
rmSync(dataDir, { recursive: true, force: true })

/**
 * @param {number} level
 * @param {number} port
 */
async function startLevel(level, port) {
  const before = performance.now()
  const child = spawn(process.execPath, [path.join(root, 'shared/cli/start.js'), String(level)], {
    env: { ...process.env, PORT: String(port), DATA_DIR: dataDir },
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
