import { Timestamp } from 'bson'
import { doc, isDoc, toNumber } from './bson.ts'
import { MongoError } from './errors.ts'
import { compileElement } from './filter.ts'
import { equalTo } from './filter-operators.ts'
import { addNumbers } from './numbers.ts'
import { parseSort, sortBy } from './query.ts'
import { compare, keyOf, typeOf } from './values.ts'

/** The field's new value from its value (undefined: missing) and the operand; undefined removes the field. */
export type UpdateOperator = (value: unknown, operand: unknown, path: string) => unknown

export const UPDATE_OPERATORS: { [name: string]: UpdateOperator } = {
  $set: (_, operand) => operand,
  $setOnInsert: (_, operand) => operand,
  $unset: () => undefined,
  $inc: increment,
  $min: (value, operand) => (value === undefined || compare(operand, value) < 0 ? operand : value),
  $max: (value, operand) => (value === undefined || compare(operand, value) > 0 ? operand : value),
  $currentDate: currentDate,
  $push: push,
  $addToSet: addToSet,
  $pull: pull,
}

function increment(value: unknown, operand: unknown, path: string): unknown {
  if (toNumber(operand) === undefined) {
    throw new MongoError(
      14,
      `Cannot increment with non-numeric argument: {${path}: ${JSON.stringify(operand)}}`,
    )
  }
  if (value === undefined) return operand
  if (toNumber(value) === undefined) {
    throw new MongoError(
      14,
      `Cannot apply $inc to a value of non-numeric type: the field '${path}' is of type ${typeOf(value)[0]}`,
    )
  }
  return addNumbers(value, operand)
}

function currentDate(_: unknown, operand: unknown): unknown {
  const type = isDoc(operand) && Object.keys(operand).length === 1 ? operand.$type : undefined
  if (type === 'timestamp') return new Timestamp({ t: Math.floor(Date.now() / 1000), i: 1 })
  if (type === 'date' || typeof operand === 'boolean') return new Date()
  throw new MongoError(
    2,
    "The '$type' string field is required to be 'date' or 'timestamp': {$currentDate: {field : {$type: 'date'}}}",
  )
}

function push(value: unknown, operand: unknown, path: string): unknown {
  if (value !== undefined && !Array.isArray(value)) {
    throw new MongoError(2, `The field '${path}' must be an array but is of type ${typeOf(value)[0]}`)
  }
  const { each, position, sort, slice } = modifiers(operand)
  const array: unknown[] = value ? [...value] : []
  array.splice(position ?? array.length, 0, ...each)
  const sorted = sort === undefined ? array : sortElements(array, sort)
  if (slice === undefined) return sorted
  return slice < 0 ? sorted.slice(slice) : sorted.slice(0, slice)
}

function modifiers(operand: unknown) {
  if (!isDoc(operand) || !('$each' in operand)) return { each: [operand] }
  const { $each, $position, $sort, $slice } = operand
  for (const name of Object.keys(operand)) {
    if (['$each', '$position', '$sort', '$slice'].includes(name)) continue
    throw new MongoError(2, `Unrecognized clause in $push: ${name}`)
  }
  return {
    each: eachOf('$push', $each),
    position: integer('$position', $position),
    sort: $sort,
    slice: integer('$slice', $slice),
  }
}

function eachOf(name: string, each: unknown): unknown[] {
  if (Array.isArray(each)) return each
  throw new MongoError(
    name === '$push' ? 2 : 14,
    `The argument to $each in ${name} must be an array but it was of type: ${typeOf(each)[0]}`,
  )
}

function integer(name: string, value: unknown): number | undefined {
  if (value === undefined) return undefined
  const number = toNumber(value)
  if (number === undefined || !Number.isInteger(number)) {
    throw new MongoError(
      2,
      `The value for ${name} must be an integer value but was given type: ${typeOf(value)[0]}`,
    )
  }
  return number
}

function sortElements(array: unknown[], sort: unknown): unknown[] {
  if (isDoc(sort)) return sortBy(array, parseSort(sort), (element) => (isDoc(element) ? element : doc()))
  const direction = toNumber(sort)
  if (direction !== 1 && direction !== -1)
    throw new MongoError(2, 'The $sort element value must be either 1 or -1')
  return array.sort((a, b) => compare(a, b) * direction)
}

function addToSet(value: unknown, operand: unknown, path: string): unknown {
  if (value !== undefined && !Array.isArray(value)) {
    throw new MongoError(
      2,
      `Cannot apply $addToSet to non-array field. Field named '${path}' has non-array type ${typeOf(value)[0]}`,
    )
  }
  const each = isDoc(operand) && '$each' in operand
  if (each && Object.keys(operand).length > 1)
    throw new MongoError(2, 'Found unexpected fields after $each in $addToSet')
  const array: unknown[] = value ? [...value] : []
  const keys = new Set(array.map(keyOf))
  for (const element of each ? eachOf('$addToSet', operand.$each) : [operand]) {
    if (!keys.has(keyOf(element))) array.push(element)
    keys.add(keyOf(element))
  }
  return array
}

function pull(value: unknown, operand: unknown): unknown {
  if (value === undefined) return undefined
  if (!Array.isArray(value)) throw new MongoError(2, 'Cannot apply $pull to a non-array value')
  const matches = isDoc(operand) ? compileElement(operand) : equalTo(operand)
  return value.filter((element) => !matches(element))
}
