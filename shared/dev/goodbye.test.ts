import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { root } from '../testing/process.ts'
import { sayGoodbye } from './goodbye.js'
import { typescriptArguments } from './typescript.js'

/** A program that says how it was told to end. */
function startPolite() {
  const folder = mkdtempSync(path.join(tmpdir(), 'polite-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const script = path.join(folder, 'polite.mts')
  writeFileSync(
    script,
    `import { onShutdown } from ${JSON.stringify(path.join(root, 'shared/server/shutdown.ts'))}
     process.once('SIGTERM', () => process.send('signal'))
     onShutdown(async () => { process.send('closed') })
     process.send('ready')`,
  )
  const child = fork(script, { execArgv: typescriptArguments })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const said: unknown[] = []
  child.on('message', (message) => said.push(message))
  return { child, said }
}

it.each([
  ['linux', ['ready', 'signal', 'closed']],
  ['darwin', ['ready', 'signal', 'closed']],
  ['win32', ['ready', 'closed']], // a signal would end it at once there
] as const)('on %s a program that is told to end closes in order, exit code 0', async (platform, words) => {
  const { child, said } = startPolite()
  await once(child, 'message')
  sayGoodbye(child, 'SIGTERM', platform)
  const [code] = await once(child, 'exit')
  expect(said).toEqual(words)
  expect(code).toBe(0)
})

it('a program that is still loading hears the message when it is ready', async () => {
  const { child, said } = startPolite()
  sayGoodbye(child, 'SIGTERM', 'win32')
  const [code] = await once(child, 'exit')
  expect(said).toEqual(['ready', 'closed'])
  expect(code).toBe(0)
})
