import { describe, expect, it, onTestFinished } from 'vitest'
import { startProgram } from '../testing/process.ts'

function start(...args: string[]) {
  const program = startProgram(['shared/cli/start.js', ...args], { env: { PORT: '0', NODE_ENV: undefined } })
  onTestFinished(() => program.stop())
  return program
}

describe('npm start', () => {
  it('without a terminal and a number starts level 1', async () => {
    const program = start()
    await program.url()
    expect(program.stdout()).toMatch(/^Level 1 /)
    program.kill('SIGTERM')
    expect((await program.exit).code).toBe(0)
  })

  it.each(['9', 'two'])('with "%s", which is no level, says so in one line, exit code 1', async (number) => {
    const program = start(number)
    expect(await program.exit).toEqual({ code: 1, signal: null })
    expect(program.stderr()).toBe(`There is no level "${number}": choose 1, 2, 3 or 4, as in npm start 3\n`)
    expect(program.stdout()).toBe('')
  })
})

it('npm test with "9", which is no level, says so in one line, exit code 1', async () => {
  const program = startProgram(['shared/cli/test.js', '9'])
  onTestFinished(() => program.stop())
  expect(await program.exit).toEqual({ code: 1, signal: null })
  expect(program.stderr()).toBe('There is no level "9" here: npm test, or npm test 3\n')
})
