import { expect, it } from 'vitest'
import { expectedOf, type Level, promises } from './promises.ts'
import { lineOf } from './report.ts'
import { tryLevel } from './run.ts'
import { marksOf } from './table.ts'

// Our own four levels. A level that breaks what it promises fails here, and so does one that keeps what it does not.
it.each<Level>([1, 2, 3, 4])(
  'level %i keeps what it promises, and nothing else',
  { timeout: 290_000 },
  async (level) => {
    const outcomes = await tryLevel({ level, promises, target: { kind: 'ours' }, seed: 7 })
    const mark = marksOf(outcomes)
    const wrong = outcomes.filter(
      (outcome) => mark(outcome.promise, level) !== expectedOf(outcome.promise, level),
    )
    expect(wrong.map(lineOf)).toEqual([])
    expect(outcomes).toHaveLength(promises.length)
  },
)
