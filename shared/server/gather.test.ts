import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createGatherer, eachOf } from './gather.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('what is asked for often in a moment is done once, and once more when it is asked for meanwhile', async () => {
  const done: string[] = []
  const gatherer = createGatherer(async (key: string) => {
    done.push(key)
    if (done.length === 1) gatherer.ask('a')
  }, console.error)
  for (const key of ['a', 'b', 'a']) gatherer.ask(key)
  expect(done).toEqual([])
  await vi.advanceTimersByTimeAsync(2_000)
  expect(done).toEqual(['a', 'b', 'a'])
})

test('work that fails is told, and keeps nothing else from being done', async () => {
  const errors: unknown[] = []
  const done: number[] = []
  const gatherer = createGatherer(
    async (key: number) => {
      if (key === 1) throw 'away'
      done.push(key)
    },
    (error) => errors.push(error),
  )
  for (const key of [1, 2]) gatherer.ask(key)
  await vi.advanceTimersByTimeAsync(30)
  expect({ errors, done }).toEqual({ errors: ['away'], done: [2] })
})

test('nothing is done after the end', async () => {
  const work = vi.fn(async () => undefined)
  const gatherer = createGatherer(work, console.error)
  gatherer.ask('a')
  gatherer.close()
  await vi.advanceTimersByTimeAsync(2_000)
  expect(work).not.toHaveBeenCalled()
})

test('no more items are worked on at a time than were allowed', async () => {
  let [now, most] = [0, 0]
  const done: number[] = []
  const all = eachOf([1, 2, 3, 4, 5], 2, async (item) => {
    most = Math.max(most, ++now)
    await vi.advanceTimersByTimeAsync(1)
    now--
    done.push(item)
  })
  await all
  expect({ most, done }).toEqual({ most: 2, done: [1, 2, 3, 4, 5] })
})
