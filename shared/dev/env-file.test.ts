import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { copyHouse } from '../testing/house-copy.ts'
import { startProgram } from '../testing/process.ts'
import { readEnvFile } from './env-file.js'

it('a level takes its settings from .env, and those that are set already win', async () => {
  const house = copyHouse()
  onTestFinished(() => house.remove())
  writeFileSync(path.join(house.dir, '.env'), 'PORT=ignored\nHEARTBEAT_MS=never\n')
  const program = startProgram([path.join(house.dir, 'shared/cli/start.js'), '1'], {
    cwd: tmpdir(),
    env: { VITEST: undefined, PORT: '0', HEARTBEAT_MS: undefined },
  })
  onTestFinished(() => program.stop())
  expect((await program.exit).code).toBe(1)
  expect(program.stderr()).toMatch(/^HEARTBEAT_MS .*"never".*\n$/)
})

it('tests read no .env', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'env-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  writeFileSync(path.join(dir, '.env'), 'FROM_ENV_FILE=1')
  readEnvFile(path.join(dir, '.env'))
  expect(process.env.FROM_ENV_FILE).toBeUndefined()
})
