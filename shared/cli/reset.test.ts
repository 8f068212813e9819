import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { lockDirectory } from '@levels/embedded-mongo/lock'
import { expect, it, onTestFinished } from 'vitest'
import { startProgram } from '../testing/process.ts'

/** A data folder in which levels 3 and 4 have kept something, and somebody else, too. */
function kept() {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'data-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true }))
  for (const name of ['level-3', 'level-4', 'outbox', 'other']) {
    mkdirSync(path.join(dataDir, name))
    writeFileSync(path.join(dataDir, name, 'file'), 'text')
  }
  const left = () =>
    ['level-3', 'level-4', 'outbox', 'other'].filter((name) => existsSync(path.join(dataDir, name)))
  return { dataDir, left }
}

async function reset(dataDir: string, ...args: string[]) {
  const program = startProgram(['shared/cli/reset.ts', ...args], { env: { DATA_DIR: dataDir } })
  onTestFinished(() => program.stop())
  const { code } = await program.exit
  return { code, stdout: program.stdout(), stderr: program.stderr() }
}

it.each([
  [['--yes'], ['other']],
  [
    ['3', '--yes'],
    ['level-4', 'outbox', 'other'],
  ],
  [
    ['--yes', '4'],
    ['level-3', 'other'],
  ],
  [
    ['1', '--yes'],
    ['level-3', 'level-4', 'outbox', 'other'],
  ],
])('npm run reset -- %j leaves %j', async (args, stays) => {
  const { dataDir, left } = kept()
  expect((await reset(dataDir, ...args)).code).toBe(0)
  expect(left()).toEqual(stays)
})

it('deletes nothing unasked: without a terminal it says what to add', async () => {
  const { dataDir, left } = kept()
  const { code, stderr } = await reset(dataDir)
  expect([code, stderr]).toEqual([
    1,
    'Nobody here to ask, and nothing is deleted. To delete it: npm run reset -- --yes\n',
  ])
  expect(left()).toHaveLength(4)
})

it('deletes nothing of a level that runs', async () => {
  const { dataDir, left } = kept()
  const unlock = await lockDirectory(path.join(dataDir, 'level-4'))
  onTestFinished(unlock)
  const { code, stderr } = await reset(dataDir, '--yes')
  expect(code).toBe(1)
  expect(stderr).toMatch(/level-4 is in use: stop the level that runs first\n$/)
  expect(left()).toHaveLength(4)
})

it('names a level that is none', async () => {
  const { dataDir } = kept()
  expect(await reset(dataDir, '7', '--yes')).toEqual({
    code: 1,
    stdout: '',
    stderr: 'There is no level "7": npm run reset, or npm run reset 3\n',
  })
})
