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

/** Gathers conditions that all must hold; the filter may say more. */
export function collectConditions(filter: Doc, conditions: Conditions = new Map()): Conditions {
  for (const name of Object.keys(filter)) {
    const value = filter[name]
    if (name === '$and' && Array.isArray(value)) {
      for (const part of value) if (isDoc(part)) collectConditions(part, conditions)
    }
    if (name.startsWith('$') || conditions.has(name)) continue
    const condition = conditionOf(isOperators(value) ? value : doc([['$eq', value]]))
    if (Object.keys(condition).length > 0) conditions.set(name, condition)
  }
  return conditions
}

function conditionOf(operators: Doc): Condition {
  const condition: Condition = {}
  for (const operator of Object.keys(operators)) {
    const value = operators[operator]
    const values = operator === '$in' && Array.isArray(value) ? value : [value]
    if (operator === '$exists' && isTrue(value)) condition.exists = true
    if (!values.every(hasKey)) continue
    if (operator === '$eq' || operator === '$in') condition.equal ??= values
    if (operator === '$gt' || operator === '$gte') bound(condition, 'lower', value, operator === '$gt')
    if (operator === '$lt' || operator === '$lte') bound(condition, 'upper', value, operator === '$lt')
  }
  return condition
}

// Bounds of two types hold for no one value; an index serves the first.
function bound(condition: Condition, side: 'lower' | 'upper', value: unknown, open: boolean): void {
  const other = condition.lower ?? condition.upper
  if (value === null || condition[side] || (other && typeOf(other.value)[1] !== typeOf(value)[1])) return
  condition[side] = { value, open }
}

// Arrays are indexed by their elements, a regular expression stands for many values, NaN is no bound.
function hasKey(value: unknown): boolean {
  const [, order] = typeOf(value)
  if (order === TYPE.minKey || order === TYPE.maxKey || Number.isNaN(toNumber(value))) return false
  return !Array.isArray(value) && !(value instanceof BSONRegExp)
}
