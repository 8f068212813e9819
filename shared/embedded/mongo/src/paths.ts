import { type Doc, isDoc } from './bson.ts'

/**
 * How an array at the end of a path counts: `match`: its elements and itself (filters), `whole`: itself
 * (`$size`, `$exists`), `index`: its elements only (index and sort keys).
 */
export type Leaf = 'match' | 'whole' | 'index'

/** Stands for the elements of an empty array in index and sort keys. */
export const EMPTY_ARRAY = Symbol('empty array')

/**
 * The values that a dotted path leads to, arrays on the way entered element by element and by position,
 * as filters and indexes see them. A path that ends nowhere gives `undefined`.
 */
export function valuesAt(value: Doc, path: readonly string[], leaf: Leaf): unknown[] {
  const found: unknown[] = []
  walk(value, path, 0, leaf, found)
  return found
}

/** The first array on or at the end of the path. */
export function arrayAlong(value: Doc, path: readonly string[]): unknown[] | undefined {
  let at: unknown = value
  for (const field of path) {
    at = isDoc(at) ? at[field] : undefined
    if (Array.isArray(at)) return at
  }
  return undefined
}

function walk(start: unknown, path: readonly string[], from: number, leaf: Leaf, found: unknown[]): void {
  let value = start
  for (let i = from; i < path.length; i++) {
    value = isDoc(value) ? value[path[i] ?? ''] : undefined
    if (Array.isArray(value) && i + 1 < path.length) {
      enter(value, path, i + 1, leaf, found)
      return
    }
  }
  end(value, leaf, found)
}

// Of an array in the middle of a path, all documents count, and the element that the next name may number.
function enter(array: unknown[], path: readonly string[], at: number, leaf: Leaf, found: unknown[]): void {
  const position = positionOf(path[at])
  array.forEach((element, i) => {
    if (isDoc(element)) walk(element, path, at, leaf, found)
    if (i !== position) return
    // A filter takes the numbered element as it is; an index enters it if it is an array.
    if (at + 1 === path.length && leaf !== 'index') found.push(element)
    else if (at + 1 === path.length) end(element, leaf, found)
    else if (isDoc(element)) walk(element, path, at + 1, leaf, found)
    else if (Array.isArray(element)) walk(element[positionOf(path[at + 1])], path, at + 2, leaf, found)
  })
}

const positionOf = (field = '') => (/^\d+$/.test(field) ? Number(field) : -1)

function end(value: unknown, leaf: Leaf, found: unknown[]): void {
  if (!Array.isArray(value) || leaf === 'whole') {
    found.push(value)
    return
  }
  for (const element of value) found.push(element)
  if (leaf === 'match') found.push(value)
  else if (value.length === 0) found.push(EMPTY_ARRAY)
}
