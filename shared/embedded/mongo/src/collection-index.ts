import { type Doc, doc } from './bson.ts'
import { MongoError, notCovered } from './errors.ts'
import { compileFilter, type Predicate } from './filter.ts'
import type { IndexSpec } from './index-spec.ts'
import { arrayAlong, EMPTY_ARRAY, valuesAt } from './paths.ts'
import { SortedMap } from './sorted-map.ts'
import { keyOf, TYPE } from './values.ts'

/** A stored document. `place` is its number in order of insertion, as a sortable string. */
export interface StoredDoc {
  document: Doc
  readonly place: string
}

/** Sorts after every key that a value can have. */
export const END = '\uffff'

/**
 * One index: a sorted map from keys to documents. Keys are always ascending; an index with descending fields
 * is read backwards. Index by index the same document may stand under several keys (an array's elements).
 */
export class CollectionIndex {
  readonly spec: IndexSpec
  readonly fields: { name: string; path: string[] }[]
  readonly #entries = new SortedMap<StoredDoc>()
  readonly #partial: Predicate | undefined
  /** Whether any document has had an array at an indexed field: then bounds and order are weaker. */
  multikey = false

  constructor(spec: IndexSpec) {
    this.spec = spec
    this.fields = Object.keys(spec.key).map((name) => ({ name, path: name.split('.') }))
    this.#partial = spec.partialFilterExpression && compileFilter(spec.partialFilterExpression)
  }

  /** The keys under which a document belongs into this index; none if the index is sparse or partial. */
  keysOf(document: Doc): string[] {
    if (this.#partial && !this.#partial(document)) return []
    if (this.#sparse(document)) return []
    let keys: string[] | undefined
    let array: unknown[] | undefined
    for (const { name, path } of this.fields) {
      const along = arrayAlong(document, path)
      if (array && along && along !== array) {
        throw new MongoError(171, `cannot index parallel arrays [${name}]`)
      }
      array ??= along
      const own = fieldKeys(document, path)
      if (keys && keys.length > 1 && own.length > 1)
        throw notCovered(`An index on several fields of the elements of one array (${name})`)
      keys = keys ? keys.flatMap((key) => own.map((more) => key + more)) : own
    }
    return keys ?? []
  }

  /** Throws DuplicateKey (11000) if these keys, of a document about to be stored, are taken by another. */
  checkUnique(keys: string[], namespace: string, document: Doc, own?: StoredDoc): void {
    if (!this.spec.unique && this.spec.name !== '_id_') return
    for (const key of keys) {
      for (const other of this.#entries.range(key, key + END)) {
        if (other !== own) throw duplicateKey(this, namespace, document)
      }
    }
  }

  /** Must see every new version of a document: `multikey` depends on it, even where the keys are the same. */
  observe(document: Doc): void {
    if (!this.multikey)
      this.multikey = this.fields.some(({ path }) => arrayAlong(document, path) !== undefined)
  }

  add(stored: StoredDoc, keys: string[]): void {
    for (const key of keys) this.#entries.set(key + stored.place, stored)
  }

  remove(stored: StoredDoc, keys: string[]): void {
    for (const key of keys) this.#entries.delete(key + stored.place)
  }

  range(from: string, to: string, backwards: boolean): Iterable<StoredDoc> {
    return this.#entries.range(from, to, backwards)
  }

  /** At most `count` of the documents in a range. */
  first(from: string, to: string, count: number): StoredDoc[] {
    const found: StoredDoc[] = []
    for (const stored of this.#entries.range(from, to)) if (found.push(stored) === count) break
    return found
  }

  #sparse(document: Doc): boolean {
    if (!this.spec.sparse) return false
    return this.fields.every(({ path }) => valuesAt(document, path, 'whole').every((v) => v === undefined))
  }
}

/** The distinct keys of one field: one for a plain value, one per element for an array. */
export function fieldKeys(document: Doc, path: string[]): string[] {
  const values = valuesAt(document, path, 'index')
  if (values.length === 1) return [valueKey(values[0])]
  return values.length === 0 ? [TYPE.null] : [...new Set(values.map(valueKey))]
}

const valueKey = (value: unknown) => (value === EMPTY_ARRAY ? TYPE.emptyArray : keyOf(value))

function duplicateKey(index: CollectionIndex, namespace: string, document: Doc): MongoError {
  const { key, name } = index.spec
  const keyValue = doc(index.fields.map((f) => [f.name, valuesAt(document, f.path, 'index')[0] ?? null]))
  const shown = index.fields.map((f) => `${f.name}: ${JSON.stringify(keyValue[f.name])}`).join(', ')
  const message = `E11000 duplicate key error collection: ${namespace} index: ${name} dup key: { ${shown} }`
  return new MongoError(11000, message, { keyPattern: key, keyValue })
}
