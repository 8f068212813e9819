import { type Doc, doc, isDoc, toNumber } from './bson.ts'
import { MongoError, notCovered } from './errors.ts'
import { compileExpression } from './expressions.ts'
import { addNumbers } from './numbers.ts'
import { compare, keyOf, typeOf } from './values.ts'

interface Field {
  name: string
  start: () => Accumulator
  evaluate: (document: Doc) => unknown
}

/** Compiles `$group`: one document for every distinct `_id`, in the order in which they first appear. */
export function compileGroup(spec: Doc): (documents: Doc[]) => Doc[] {
  if (!('_id' in spec)) throw new MongoError(15955, 'a group specification must include an _id')
  const idOf = compileExpression(spec._id)
  const fields = Object.keys(spec)
    .filter((name) => name !== '_id')
    .map((name) => parseField(name, spec[name]))
  return (documents) => {
    const groups = new Map<string, { _id: unknown; accumulators: Accumulator[] }>()
    for (const document of documents) {
      const _id = idOf(document) ?? null
      const key = keyOf(_id)
      let group = groups.get(key)
      if (!group) {
        group = { _id, accumulators: fields.map(({ start }) => start()) }
        groups.set(key, group)
      }
      for (const [i, { evaluate }] of fields.entries()) group.accumulators[i]?.add(evaluate(document))
    }
    return Array.from(groups.values(), ({ _id, accumulators }) =>
      doc([['_id', _id], ...fields.map(({ name }, i) => [name, accumulators[i]?.result()] as const)]),
    )
  }
}

function parseField(name: string, value: unknown): Field {
  if (name.includes('.')) throw new MongoError(40235, `The field name '${name}' cannot contain '.'`)
  if (name.startsWith('$')) throw new MongoError(40236, `The field name '${name}' cannot be an operator name`)
  if (!isDoc(value)) throw new MongoError(40234, `The field '${name}' must be an accumulator object`)
  const [operator = '', ...more] = Object.keys(value)
  if (more.length > 0) throw new MongoError(40238, `The field '${name}' must specify one accumulator`)
  const start = Object.hasOwn(ACCUMULATORS, operator) ? ACCUMULATORS[operator] : undefined
  if (!start)
    throw new MongoError(
      15952,
      `unknown group operator '${operator}' (MongoDB may know it, the embedded one does not)`,
    )
  const operand = value[operator]
  if (operator === '$count' && !(isDoc(operand) && Object.keys(operand).length === 0)) {
    throw new MongoError(14, '$count takes no arguments, i.e. $count:{}')
  }
  return { name, start, evaluate: compileExpression(operand) }
}

/** Gathers one value per document of a group; `undefined` is a missing one. */
interface Accumulator {
  add(value: unknown): void
  result(): unknown
}

/** The accumulators of `$group`. */
const ACCUMULATORS: { [name: string]: () => Accumulator } = {
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
