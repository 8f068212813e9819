import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { askForLevel, findLevel } from './choose.ts'

async function answer(...lines: string[]) {
  const [input, output] = [new PassThrough(), new PassThrough()]
  const chosen = askForLevel(input, output)
  for (const line of lines) {
    // The next answer is typed when the question has been asked.
    await new Promise((resolve) => output.once('readable', resolve))
    input.write(line)
    await new Promise((resolve) => setImmediate(resolve))
  }
  const level = await chosen
  output.end()
  return { number: level?.number, screen: await text(output) }
}

it('lists the four levels and starts the one that is typed', async () => {
  const { number, screen } = await answer('3\n')
  expect(number).toBe(3)
  for (const line of ['1  Raw WebSocket', '2  Socket.IO', '3  Accounts', '4  Web Push']) {
    expect(screen).toContain(line)
  }
  expect(screen).toContain('Which level? [1] ')
})

it.each([
  ['Enter alone', '\n', 1],
  ['spaces around it', ' 4 \n', 4],
])('takes %s', async (_name, typed, level) => {
  expect((await answer(typed)).number).toBe(level)
})

it('asks again until the answer is a level', async () => {
  const { number, screen } = await answer('5\n', 'two\n', '2\n')
  expect(number).toBe(2)
  expect(screen.match(/Type 1, 2, 3 or 4, and Enter\./g)).toHaveLength(2)
})

it('starts nothing when the user leaves', async () => {
  const [input, output] = [new PassThrough(), new PassThrough()]
  const chosen = askForLevel(input, output)
  input.end()
  expect(await chosen).toBeUndefined()
})

it.each(['0', '5', '', '1.0', '01', 'one', '__proto__'])('knows no level "%s"', (name) => {
  expect(findLevel(name)).toBeUndefined()
})
