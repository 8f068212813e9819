import { BSONRegExp, type Doc, doc, isDoc, isTrue, toNumber } from './bson.ts'
import type { Collection } from './collection.ts'
import { type CollectionIndex, END, type StoredDoc } from './collection-index.ts'
import { compileCondition, isOperators } from './filter.ts'
import { keyOf, TYPE, typeOf } from './values.ts'

export interface SortField {
  name: string
  descending: boolean
}

export interface Plan {
  candidates: Iterable<StoredDoc>
  /** The candidates come in the wanted order. */
  sorted: boolean
}

/** Finds the cheapest way to the documents that may satisfy a filter; never misses one, may give others. */
export function plan(collection: Collection, filter: Doc, sort: SortField[]): Plan {
  const conditions = collectConditions(filter)
  let best: { score: number; read: () => Plan } | undefined
  for (const index of collection.indexes.values()) {
    const use = useOf(index, conditions, sort)
    if (use && use.score > (best?.score ?? 0)) best = use
  }
  return best?.read() ?? { candidates: collection.documents(), sorted: sort.length === 0 }
}

// How well an index serves: fields held by equality count most, then an order that saves sorting, then a range.
function useOf(index: CollectionIndex, conditions: Conditions, sort: SortField[]) {
  if (!holdsAll(index, conditions)) return undefined
  let prefixes = ['']
  let used = 0
  for (const { name } of index.fields) {
    const equal = conditions.get(name)?.equal
    if (!equal || prefixes.length * equal.length > 10_000) break
    const keys = [...new Set(equal.map(keyOf))].sort()
    prefixes = prefixes.flatMap((prefix) => keys.map((key) => prefix + key))
    used++
  }
  const next = conditions.get(index.fields[used]?.name ?? '')
  const range = next?.lower || next?.upper ? next : undefined
  const order = orderOf(index, conditions, sort, used)
  const { sparse, partialFilterExpression } = index.spec
  const score =
    used * 4 +
    (order && sort.length > 0 ? 3 : 0) +
    (range ? 2 : 0) +
    (sparse || partialFilterExpression ? 1 : 0)
  if (order?.prefixesBackwards) prefixes.reverse()
  return {
    score,
    read: (): Plan => ({
      candidates: read(index, prefixes, range, order?.backwards ?? false),
      sorted: sort.length === 0 || order !== undefined,
    }),
  }
}

// How to read the index so that documents come in the wanted order; undefined if they cannot. The fields in
// front are equal to one value each, or to one of several; those of several values must lead the order.
function orderOf(index: CollectionIndex, conditions: Conditions, sort: SortField[], used: number) {
  if (index.multikey) return undefined
  const values = (name: string) => conditions.get(name)?.equal?.length ?? 0
  const front = index.fields.slice(0, used).map(({ name }) => name)
  const several = front.filter((name) => values(name) > 1)
  const open = sort.filter(({ name }) => !front.includes(name) || values(name) > 1)
  const [lead, rest] = [open.slice(0, several.length), open.slice(several.length)]
  const follows = (fields: SortField[], names: (string | undefined)[]) =>
    fields.every(({ name, descending }, i) => name === names[i] && descending === fields[0]?.descending)
  if (!follows(lead, several)) return undefined
  if (
    !follows(
      rest,
      index.fields.slice(used).map(({ name }) => name),
    )
  )
    return undefined
  return { prefixesBackwards: lead[0]?.descending ?? false, backwards: rest[0]?.descending ?? false }
}

function* read(index: CollectionIndex, prefixes: string[], range: Condition | undefined, backwards: boolean) {
  const seen = index.multikey ? new Set<StoredDoc>() : undefined
  for (const prefix of prefixes) {
    for (const stored of index.range(...bounds(prefix, range, index.multikey), backwards)) {
      if (seen?.has(stored)) continue
      seen?.add(stored)
      yield stored
    }
  }
}

function bounds(prefix: string, range: Condition | undefined, multikey: boolean): [from: string, to: string] {
  if (!range) return [prefix, prefix + END]
  // Of an array, one element may satisfy the lower bound and another the upper one: only one bound counts.
  const { lower, upper } = multikey && range.lower ? { lower: range.lower } : range
  const type = prefix + typeOf((lower ?? upper)?.value)[1]
  const first = type === prefix + TYPE.number ? `${type}\0\0\0\0\0\0\0\x01` : type // after NaN
  const from = lower ? prefix + keyOf(lower.value) + (lower.open ? END : '') : first
  const to = upper ? prefix + keyOf(upper.value) + (upper.open ? '' : END) : type + END
  return [from, to]
}

// Whether a sparse or partial index holds every document that can satisfy the conditions.
function holdsAll(index: CollectionIndex, conditions: Conditions): boolean {
  const known = (name: string) => conditions.get(name)
  const { sparse, partialFilterExpression: partial } = index.spec
  if (sparse) {
    const first = known(index.fields[0]?.name ?? '')
    return first !== undefined && !first.equal?.some((value) => value === null)
  }
  return Object.keys(partial ?? {}).every((name) => {
    const wanted = partial?.[name]
    const presence = isDoc(wanted) && Object.keys(wanted).every((o) => o === '$exists' || o === '$type')
    const condition = known(name)
    if (condition?.exists && isDoc(wanted) && Object.keys(wanted).join() === '$exists') return true
    const values =
      condition?.equal ?? (condition && presence ? [(condition.lower ?? condition.upper)?.value] : [])
    const probe = compileCondition(wanted)
    return values.length > 0 && values.every((value) => value !== null && probe((test) => test(value)))
  })
}

/** What a filter asks of one field, as far as an index can help: equality with one of several, or a range. */
interface Condition {
  equal?: unknown[]
  lower?: { value: unknown; open: boolean }
  upper?: { value: unknown; open: boolean }
  exists?: true
}

/** By field. */
type Conditions = Map<string, Condition>

/** Gathers conditions that all must hold; the filter may say more. */
function collectConditions(filter: Doc, conditions: Conditions = new Map()): Conditions {
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
