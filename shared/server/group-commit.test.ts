import { expect, test } from 'vitest'
import { createGroupCommit } from './group-commit.ts'

/** A database that stores numbers, doubled; `refuses` fails a whole write that holds such a number. */
function database(refuses?: number, error = new Error('validation failed')) {
  const writes: number[][] = []
  const commit = createGroupCommit(async (items: readonly number[]) => {
    writes.push([...items])
    await Promise.resolve()
    if (items.some((item) => item === refuses)) throw error
    return items.map((item) => 2 * item)
  })
  return { writes, commit }
}

test('requests that come during a write go in together with the next one, and each gets its own results', async () => {
  const { writes, commit } = database()
  expect(await Promise.all([commit([1]), commit([2, 3]), commit([4])])).toEqual([[2], [4, 6], [8]])
  expect(writes).toEqual([[1], [2, 3, 4]])
})

test('one request that cannot be stored does not fail the others', async () => {
  const { commit } = database(3)
  const results = await Promise.allSettled([commit([1]), commit([2]), commit([3])])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
})

test('with the database away, all of them fail at once, and nothing is tried again', async () => {
  const { writes, commit } = database(3, Object.assign(new Error(), { name: 'MongoNetworkError' }))
  const results = await Promise.allSettled([commit([1]), commit([2]), commit([3])])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
  expect(writes).toHaveLength(2)
})

test('a large request is written in pieces, and others get their turn between them', async () => {
  const { writes, commit } = database()
  const large = commit(Array.from({ length: 2_500 }, (_, index) => index))
  const [results] = await Promise.all([large, commit([-1])])
  expect(results).toEqual(Array.from({ length: 2_500 }, (_, index) => 2 * index))
  expect(writes.map(({ length }) => length)).toEqual([1_000, 1, 1_000, 500])
})
