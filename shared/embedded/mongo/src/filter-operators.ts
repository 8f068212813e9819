import { BSONRegExp, type Doc, isTrue, toNumber } from './bson.ts'
import { MongoError, notCovered } from './errors.ts'
import { compileRegex } from './regex.ts'
import { ofType } from './type-operator.ts'
import { compare, keyOf, TYPE, typeOf } from './values.ts'

export type Test = (value: unknown) => boolean
/** Asks whether any value of a field passes; `whole` keeps an array in one piece. */
export type Any = (test: Test, whole?: boolean) => boolean
/** A compiled condition: whether the field that `any` looks at satisfies it. */
export type Probe = (any: Any) => boolean

/** The condition of being equal to a value, or of matching a regular expression. */
export function probeFor(value: unknown): Probe {
  const test = value instanceof BSONRegExp ? regexTest(value) : equalTo(value)
  return (any) => any(test)
}

/** The operators beside a field; the second argument is the whole condition (`$regex` has `$options`). */
export const OPERATORS: { [name: string]: (operand: unknown, condition: Doc) => Probe } = {
  $eq: (operand) => some(equalTo(operand)),
  $ne(operand) {
    if (operand instanceof BSONRegExp) throw new MongoError(2, "Can't have regex as arg to $ne.")
    return none(equalTo(operand))
  },
  $gt: (operand) => some(comparison(operand, (order) => order > 0, false)),
  $gte: (operand) => some(comparison(operand, (order) => order >= 0, true)),
  $lt: (operand) => some(comparison(operand, (order) => order < 0, false)),
  $lte: (operand) => some(comparison(operand, (order) => order <= 0, true)),
  $in: (operand) => some(oneOf('$in', operand)),
  $nin: (operand) => none(oneOf('$nin', operand)),
  $exists(operand) {
    const wanted = isTrue(operand)
    return (any) => any((value) => value !== undefined, true) === wanted
  },
  $type: (operand) => some(ofType(operand)),
  $size(operand) {
    const size = toNumber(operand)
    if (size === undefined || !Number.isInteger(size) || size < 0) {
      throw new MongoError(2, `Failed to parse $size. Expected a non-negative integer`)
    }
    return (any) => any((value) => Array.isArray(value) && value.length === size, true)
  },
  $mod: (operand) => some(remainder(operand)),
  $regex: (operand, { $options }) => some(regexTest(toRegex(operand, $options))),
  $options(_, condition) {
    if (!('$regex' in condition)) throw new MongoError(2, '$options needs a $regex')
    return () => true
  },
  $comment: () => () => true,
}

const some =
  (test: Test): Probe =>
  (any) =>
    any(test)
const none =
  (test: Test): Probe =>
  (any) =>
    !any(test)

/** Equal as MongoDB sees it: 1, 1.0 and Long(1) are, null equals a missing field, field order counts. */
export function equalTo(operand: unknown): Test {
  if (operand === null || operand === undefined) return (value) => value === null || value === undefined
  if (typeof operand === 'string' || typeof operand === 'boolean') return (value) => value === operand
  const key = keyOf(operand)
  const [, type] = typeOf(operand)
  return (value) => {
    if (typeof value === 'number' && typeof operand === 'number')
      return Object.is(value, operand) || value === operand
    return value !== undefined && typeOf(value)[1] === type && keyOf(value) === key
  }
}

// Only values of the operand's own type compare ("type bracketing"); NaN is neither above nor below.
function comparison(operand: unknown, holds: (order: number) => boolean, orEqual: boolean): Test {
  if (operand instanceof BSONRegExp)
    throw new MongoError(2, "Can't have RegEx as arg to predicate over field")
  if (operand === null || Number.isNaN(toNumber(operand) ?? 0))
    return orEqual ? equalTo(operand) : () => false
  const [, type] = typeOf(operand)
  const anyType = type === TYPE.minKey || type === TYPE.maxKey
  return (value) => {
    if (typeof value === 'number' && typeof operand === 'number' && !Number.isNaN(value))
      return holds(value < operand ? -1 : value > operand ? 1 : 0)
    const sameType = value !== undefined && typeOf(value)[1] === type && !Number.isNaN(toNumber(value))
    if (!anyType && !sameType) return false
    return holds(compare(value, operand))
  }
}

function oneOf(name: string, operand: unknown): Test {
  if (!Array.isArray(operand)) throw new MongoError(2, `${name} needs an array`)
  const regexes = operand.filter((value) => value instanceof BSONRegExp).map(regexTest)
  const keys = new Set(operand.map(keyOf))
  return (value) => keys.has(keyOf(value)) || regexes.some((test) => test(value))
}

function regexTest(regex: BSONRegExp): Test {
  const compiled = compileRegex(regex.pattern, regex.options)
  const key = keyOf(regex)
  return (value) =>
    typeof value === 'string' ? compiled.test(value) : value instanceof BSONRegExp && keyOf(value) === key
}

function toRegex(operand: unknown, options: unknown): BSONRegExp {
  if (options !== undefined && typeof options !== 'string')
    throw new MongoError(2, '$options has to be a string')
  if (operand instanceof BSONRegExp) return new BSONRegExp(operand.pattern, options ?? operand.options)
  if (typeof operand !== 'string') throw new MongoError(2, '$regex has to be a string')
  return new BSONRegExp(operand, options ?? '')
}

function remainder(operand: unknown): Test {
  const numbers = Array.isArray(operand) ? operand.map(toNumber) : []
  const [divisor, rest] = numbers.map((n) => (n === undefined ? undefined : Math.trunc(n)))
  if (numbers.length !== 2 || divisor === undefined || rest === undefined) {
    throw new MongoError(2, 'malformed mod, needs to be an array of two numbers')
  }
  if (divisor === 0) throw new MongoError(2, 'divisor cannot be 0')
  return (value) => {
    const number = toNumber(value)
    if (number !== undefined && Math.abs(number) > Number.MAX_SAFE_INTEGER)
      throw notCovered('$mod above 2^53')
    return number !== undefined && Math.trunc(number) % divisor === rest
  }
}
