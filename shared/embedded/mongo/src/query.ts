import { type Doc, doc, isDoc, toNumber } from './bson.ts'
import type { Collection } from './collection.ts'
import { fieldKeys, type StoredDoc } from './collection-index.ts'
import { MongoError, notCovered } from './errors.ts'
import { compileFilter } from './filter.ts'
import { plan, type SortField } from './planner.ts'

export interface Selection {
  filter?: Doc | undefined
  sort?: Doc | undefined
  skip?: number
  /** 0: all */
  limit?: number
}

/** The stored documents that a query selects, in its order. */
export function select(collection: Collection | undefined, selection: Selection): StoredDoc[] {
  const filter = selection.filter ?? doc()
  const matches = compileFilter(filter)
  const order = parseSort(selection.sort ?? doc())
  if (!collection) return []
  const { candidates, sorted } = plan(collection, filter, order)
  const skip = selection.skip ?? 0
  const end = selection.limit ? skip + selection.limit : Number.POSITIVE_INFINITY
  const found: StoredDoc[] = []
  for (const stored of candidates) {
    if (!matches(stored.document)) continue
    found.push(stored)
    if (sorted && found.length >= end) break
  }
  const inOrder = sorted ? found : sortBy(found, order, (stored) => stored.document)
  return skip > 0 || inOrder.length > end ? inOrder.slice(skip, end) : inOrder
}

/** Checks a sort specification: `{ field: 1 | -1 }`. */
export function parseSort(sort: Doc): SortField[] {
  return Object.keys(sort).map((name) => {
    const direction = sort[name]
    if (name === '$natural') throw notCovered('Sorting by $natural')
    if (isDoc(direction)) throw notCovered('Sorting by $meta')
    const number = toNumber(direction)
    if (number === undefined)
      throw new MongoError(15974, `Illegal key in $sort specification: ${name}: ${direction}`)
    if (number !== 1 && number !== -1)
      throw new MongoError(15975, '$sort key ordering must be 1 (for ascending) or -1 (for descending)')
    return { name, descending: number === -1 }
  })
}

/** Sorts a copy. An array counts as its smallest element ascending, and as its largest descending. */
export function sortBy<T>(items: T[], order: SortField[], documentOf: (item: T) => Doc): T[] {
  if (order.length === 0 || items.length < 2) return items
  const fields = order.map(({ name, descending }) => ({ path: name.split('.'), descending }))
  const keyed = items.map((item) => ({
    item,
    keys: fields.map(({ path, descending }) => {
      const keys = fieldKeys(documentOf(item), path)
      return keys.reduce((best, key) => (key > best === descending ? key : best))
    }),
  }))
  keyed.sort((a, b) => {
    for (const [i, { descending }] of fields.entries()) {
      const [x = '', y = ''] = [a.keys[i], b.keys[i]]
      if (x !== y) return x < y === descending ? 1 : -1
    }
    return 0
  })
  return keyed.map(({ item }) => item)
}
