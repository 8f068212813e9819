import { type Doc, doc } from './bson.ts'
import { CollectionIndex, type StoredDoc } from './collection-index.ts'
import { MongoError } from './errors.ts'
import type { IndexSpec } from './index-spec.ts'
import type { Note } from './store.ts'
import { compare, keyOf } from './values.ts'

/** The documents of one collection in order of insertion, and its indexes. Documents are never modified. */
export class Collection {
  readonly ns: string
  readonly options: Doc
  readonly indexes = new Map<string, CollectionIndex>()
  readonly #stored = new Map<string, StoredDoc>()
  readonly #note: Note
  #inserted = 0

  constructor(ns: string, options: Doc, note: Note) {
    this.ns = ns
    this.options = options
    this.#note = note
    this.indexes.set('_id_', new CollectionIndex({ v: 2, key: doc([['_id', 1]]), name: '_id_' }))
  }

  get size(): number {
    return this.#stored.size
  }

  /** Whether it is here still: a long command may find that another has removed it. */
  has(stored: StoredDoc): boolean {
    return this.#stored.get(keyOf(stored.document._id)) === stored
  }

  documents(): IterableIterator<StoredDoc> {
    return this.#stored.values()
  }

  /** Stores a document with an `_id`. Throws DuplicateKey, and then nothing has changed. */
  insert(document: Doc): void {
    const added = this.#keys(document)
    for (const [index, keys] of added) index.checkUnique(keys, this.ns, document)
    const stored: StoredDoc = { document, place: (this.#inserted++).toString(36).padStart(9, '0') }
    this.#add(stored, added)
    this.#note({ ns: this.ns, put: document }, () => this.remove(stored))
  }

  #add(stored: StoredDoc, keysByIndex = this.#keys(stored.document)): void {
    for (const [index, keys] of keysByIndex) {
      index.observe(stored.document)
      index.add(stored, keys)
    }
    this.#stored.set(keyOf(stored.document._id), stored)
  }

  /** Puts a document in the place of one with the same `_id`. Throws DuplicateKey, changing nothing. */
  replace(stored: StoredDoc, document: Doc): void {
    const old = stored.document
    const before = this.#keys(old)
    const after = this.#keys(document)
    const moved = after.filter(([, keys], i) => !sameKeys(keys, before[i]?.[1] ?? []))
    for (const [index, keys] of moved) index.checkUnique(keys, this.ns, document, stored)
    for (const [index, keys] of before)
      if (moved.some(([other]) => other === index)) index.remove(stored, keys)
    stored.document = document
    for (const [index] of after) index.observe(document)
    for (const [index, keys] of moved) index.add(stored, keys)
    this.#note({ ns: this.ns, put: document }, () => this.replace(stored, old))
  }

  remove(stored: StoredDoc): void {
    const { document } = stored
    for (const [index, keys] of this.#keys(document)) index.remove(stored, keys)
    this.#stored.delete(keyOf(document._id))
    this.#note({ ns: this.ns, remove: document._id }, () => this.#add(stored))
  }

  /** Stores a document whether or not its `_id` is there: repeating the log. */
  put(document: Doc): void {
    const stored = this.#stored.get(keyOf(document._id))
    if (stored) this.replace(stored, document)
    else this.insert(document)
  }

  removeById(_id: unknown): void {
    const stored = this.#stored.get(keyOf(_id))
    if (stored) this.remove(stored)
  }

  /** Builds an index. False: this very index is there. Throws DuplicateKey when the documents forbid it. */
  createIndex(spec: IndexSpec): boolean {
    for (const { spec: other } of this.indexes.values()) {
      const equivalent = compare(signature(other), signature(spec)) === 0
      if (other.name !== spec.name && !equivalent) continue
      if (compare(sorted(other), sorted(spec)) === 0) return false
      const what = `Requested index: ${JSON.stringify(spec)}, existing index: ${JSON.stringify(other)}`
      if (!equivalent)
        throw new MongoError(86, `An existing index has the same name as the requested index. ${what}`)
      throw new MongoError(85, `An equivalent index already exists with a different name or options. ${what}`)
    }
    const index = new CollectionIndex(spec)
    for (const stored of this.#stored.values()) {
      const keys = index.keysOf(stored.document)
      index.checkUnique(keys, this.ns, stored.document)
      index.observe(stored.document)
      index.add(stored, keys)
    }
    this.indexes.set(spec.name, index)
    this.#note({ ns: this.ns, index: spec }, () => this.indexes.delete(spec.name))
    return true
  }

  dropIndex(name: string): void {
    const index = this.indexes.get(name)
    if (!index) return
    this.indexes.delete(name)
    this.#note({ ns: this.ns, dropIndex: name }, () => this.indexes.set(name, index))
  }

  #keys(document: Doc): [CollectionIndex, string[]][] {
    return Array.from(this.indexes.values(), (index) => [index, index.keysOf(document)])
  }
}

const sameKeys = (a: string[], b: string[]) => a.length === b.length && a.every((key, i) => key === b[i])

// Since MongoDB 5.0 these make an index another one; the expiry and the name do not.
const signature = ({ key, unique = false, sparse = false, partialFilterExpression: filter }: IndexSpec) =>
  doc(Object.entries({ key, unique, sparse, filter }))

const sorted = (options: object) => doc(Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1)))
