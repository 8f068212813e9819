import { BSONRegExp, type Doc, doc, isDoc, isTrue, toNumber } from './bson.ts'
import { isOperators } from './filter.ts'
import { TYPE, typeOf } from './values.ts'

/** What a filter asks of one field, as far as an index can help: equality with one of several, or a range. */
export interface Condition {
  equal?: unknown[]
  lower?: { value: unknown; open: boolean }
  upper?: { value: unknown; open: boolean }
  exists?: true
}

/** By field. */
export type Conditions = Map<string, Condition>

/** Gathers the conditions that all must hold; false when the filter says more than was gathered. */
export function collectConditions(filter: Doc, conditions: Conditions): boolean {
  let complete = true
  for (const name of Object.keys(filter)) {
    const value = filter[name]
    if (name === '$and' && Array.isArray(value)) {
      for (const part of value) if (!isDoc(part) || !collectConditions(part, conditions)) complete = false
    } else if (name.startsWith('$') || conditions.has(name)) complete = false
    else {
      const condition: Condition = {}
      if (!gather(isOperators(value) ? value : doc([['$eq', value]]), condition)) complete = false
      if (Object.keys(condition).length > 0) conditions.set(name, condition)
    }
  }
  return complete
}

function gather(operators: Doc, into: Condition): boolean {
  let complete = true
  for (const operator of Object.keys(operators)) {
    const value = operators[operator]
    const values = operator === '$in' && Array.isArray(value) ? value : [value]
    if (operator === '$exists') {
      if (isTrue(value)) into.exists = true
      complete = false
    } else if (!values.every(hasKey)) complete = false
    else if ((operator === '$eq' || operator === '$in') && !into.equal) into.equal = values
    else if (operator === '$gt' || operator === '$gte')
      complete = bound(into, 'lower', value, operator === '$gt') && complete
    else if (operator === '$lt' || operator === '$lte')
      complete = bound(into, 'upper', value, operator === '$lt') && complete
    else complete = false
  }
  return complete && Object.keys(into).length > 0 && !(into.equal && Object.keys(into).length > 1)
}

function bound(into: Condition, side: 'lower' | 'upper', value: unknown, open: boolean): boolean {
  const other = into.lower ?? into.upper
  if (value === null || into[side] || (other && typeOf(other.value)[1] !== typeOf(value)[1])) return false
  into[side] = { value, open }
  return true
}

// Arrays are indexed by their elements, a regular expression stands for many values, NaN is no bound.
function hasKey(value: unknown): boolean {
  const [, order] = typeOf(value)
  if (order === TYPE.minKey || order === TYPE.maxKey || Number.isNaN(toNumber(value))) return false
  return !Array.isArray(value) && !(value instanceof BSONRegExp)
}
