import { type Doc, isDoc } from './bson.ts'
import type { Collection } from './collection.ts'
import { type CollectionIndex, END, type StoredDoc } from './collection-index.ts'
import { type Condition, type Conditions, collectConditions } from './conditions.ts'
import { compileCondition } from './filter.ts'
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
