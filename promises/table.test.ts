import { expect, it } from 'vitest'
import { experiments } from './experiments/index.ts'
import { promises } from './promises.ts'
import { expectedMarks, markdownTable, readTable } from './table.ts'

it('README.md has the table of what every level promises, as it was found to be', () => {
  expect(readTable()).toBe(markdownTable(expectedMarks))
})

it('every promise has an experiment', () => {
  expect(Object.keys(experiments).sort()).toEqual(promises.map(({ id }) => id).sort())
})

it('a run’s marks that differ from the contract are not the table of README.md', () => {
  expect(markdownTable((promise, level) => (level === 1 ? '✗' : expectedMarks(promise, level)))).not.toBe(
    readTable(),
  )
})
