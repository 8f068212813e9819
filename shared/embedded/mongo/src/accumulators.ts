import { toNumber } from './bson.ts'
import { notCovered } from './errors.ts'
import { addNumbers } from './numbers.ts'
import { compare, keyOf, typeOf } from './values.ts'

/** Gathers one value per document of a group; `undefined` is a missing one. */
export interface Accumulator {
  add(value: unknown): void
  result(): unknown
}

/** The accumulators of `$group`. */
export const ACCUMULATORS: { [name: string]: () => Accumulator } = {
  $sum() {
    let sum: unknown = 0
    return {
      add(value) {
        if (toNumber(value) !== undefined) sum = addNumbers(sum, value)
      },
      result: () => sum,
    }
  },
  $count: () => counting(),
  $avg() {
    let [sum, count] = [0, 0]
    return {
      add(value) {
        const number = toNumber(value)
        if (number === undefined) return
        if (typeOf(value)[0] === 'decimal' || Math.abs(number) > Number.MAX_SAFE_INTEGER)
          throw notCovered('$avg of such large or decimal numbers')
        sum += number
        count++
      },
      result: () => (count === 0 ? null : sum / count),
    }
  },
  $min: () => extreme((order) => order < 0),
  $max: () => extreme((order) => order > 0),
  $first: () => kept((values) => values[0]),
  $last: () => kept((values) => values.at(-1)),
  $push: () => kept((values) => values.filter((value) => value !== undefined)),
  $addToSet: () =>
    kept((values) => [...new Map(values.filter((v) => v !== undefined).map((v) => [keyOf(v), v])).values()]),
}

function counting(): Accumulator {
  let count = 0
  return { add: () => void count++, result: () => count }
}

// null and missing values do not count.
function extreme(better: (order: number) => boolean): Accumulator {
  let best: unknown = null
  return {
    add(value) {
      if (value === null || value === undefined) return
      if (best === null || better(compare(value, best))) best = value
    },
    result: () => best,
  }
}

function kept(pick: (values: unknown[]) => unknown): Accumulator {
  const values: unknown[] = []
  return { add: (value) => void values.push(value), result: () => pick(values) ?? null }
}
