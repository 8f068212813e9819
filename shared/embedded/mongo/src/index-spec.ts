import { type Doc, isDoc, isTrue, toNumber } from './bson.ts'
import { MongoError, notCovered } from './errors.ts'

/** An index as `createIndexes` describes it and `listIndexes` gives it back. */
export interface IndexSpec {
  v: 2
  key: Doc
  name: string
  unique?: boolean
  sparse?: boolean
  partialFilterExpression?: Doc
  expireAfterSeconds?: number
}

const IGNORED = ['v', 'background', 'ns'] // without meaning since MongoDB 4.2

/** Checks a description. Throws MongoDB's errors for a bad one, and refuses kinds that are not covered. */
export function parseIndexSpec(given: Doc): IndexSpec {
  const { key, name, unique, sparse, partialFilterExpression, expireAfterSeconds, ...rest } = given
  if (!isDoc(key) || Object.keys(key).length === 0) throw new MongoError(67, 'Index keys cannot be empty.')
  if (typeof name !== 'string' || name === '') {
    throw new MongoError(
      9,
      "Error in specification: The 'name' field is a required property of an index specification",
    )
  }
  for (const field of Object.keys(key)) checkField(field, key[field])
  for (const option of Object.keys(rest)) {
    if (IGNORED.includes(option) || (option === 'hidden' && !isTrue(rest[option]))) continue
    throw notCovered(`The index option ${option}`)
  }
  const spec: IndexSpec = { v: 2, key, name }
  if (isTrue(unique)) spec.unique = true
  if (isTrue(sparse)) spec.sparse = true
  if (partialFilterExpression !== undefined) {
    if (!isDoc(partialFilterExpression))
      throw new MongoError(14, "'partialFilterExpression' must be an object")
    if (spec.sparse) throw new MongoError(67, "cannot mix 'partialFilterExpression' and 'sparse' options")
    checkPartialFilter(partialFilterExpression)
    spec.partialFilterExpression = partialFilterExpression
  }
  if (expireAfterSeconds !== undefined) {
    const seconds = toNumber(expireAfterSeconds)
    if (seconds === undefined || !(seconds >= 0 && seconds <= 0x7fffffff)) {
      throw new MongoError(67, 'TTL index expireAfterSeconds must be a number from 0 to 2147483647')
    }
    if (Object.keys(key).length > 1) throw new MongoError(67, 'TTL indexes are single-field indexes')
    if ('_id' in key)
      throw new MongoError(197, "The field 'expireAfterSeconds' is not valid for an _id index")
    spec.expireAfterSeconds = Math.trunc(seconds)
  }
  return spec
}

function checkField(field: string, direction: unknown): void {
  if (typeof direction === 'string') throw notCovered(`A ${direction} index`)
  const number = toNumber(direction)
  if (!number) throw new MongoError(67, 'Values in the index key pattern must be numbers other than 0')
  if (field === '' || field.split('.').includes(''))
    throw new MongoError(67, 'Index keys cannot contain an empty field.')
  if (field.startsWith('$'))
    throw new MongoError(67, `Index key contains an illegal field name: field name starts with '$'.`)
  if (field.includes('$**')) throw notCovered('A wildcard index')
}

const PARTIAL_OPERATORS = ['$and', '$or', '$eq', '$exists', '$gt', '$gte', '$in', '$lt', '$lte', '$type']

function checkPartialFilter(filter: Doc): void {
  for (const name of Object.keys(filter)) {
    const value = filter[name]
    const negative = name === '$exists' && !isTrue(value)
    if (negative || (name.startsWith('$') && !PARTIAL_OPERATORS.includes(name))) {
      throw new MongoError(67, `Expression not supported in partial index: ${name}`)
    }
    for (const part of Array.isArray(value) ? value : [value]) if (isDoc(part)) checkPartialFilter(part)
  }
}
