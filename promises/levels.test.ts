import { cheapPasswords } from '@levels/shared/testing/cheap-passwords.ts'
import { beforeAll, expect, it } from 'vitest'
import { expectedOf, type Level, type PromiseId, promises } from './promises.ts'
import { lineOf } from './report.ts'
import { type Outcome, tryLevels } from './run.ts'
import { marksOf } from './table.ts'

const levels: readonly Level[] = [1, 2, 3, 4]
let outcomes: Outcome[] = []

/**
 * Level 4 is level 3 on two instances, made of the same parts: what both keep is tried on level 4, and on level 3 only what
 * one instance does by itself. `npm run prove` tries all of it.
 */
const alone: readonly PromiseId[] = [
  'arrives',
  'survives-a-cut',
  'survives-a-crash',
  'sent-twice',
  'closed-browser',
  'dead-peer',
  'goodbye',
]
const promisesOf = (level: Level) => promises.filter(({ id }) => level !== 3 || alone.includes(id))

cheapPasswords()
beforeAll(async () => {
  outcomes = await tryLevels({ levels, promisesOf, target: { kind: 'ours' }, seed: 7 })
}, 480_000)

// A level that breaks what it promises fails here, and so does one that keeps what it does not.
it.each(levels)('level %i keeps what it promises, and nothing else', (level) => {
  const mark = marksOf(outcomes)
  const ofLevel = outcomes.filter((outcome) => outcome.level === level)
  const wrong = ofLevel.filter(({ promise }) => mark(promise, level) !== expectedOf(promise, level))
  expect(wrong.map(lineOf)).toEqual([])
  expect(ofLevel.map(({ promise }) => promise)).toEqual(promisesOf(level))
})
