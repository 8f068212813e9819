import { BSONRegExp, type Doc, doc, isDoc, ObjectId } from './bson.ts'
import { Collection } from './collection.ts'
import { END } from './collection-index.ts'
import { MongoError } from './errors.ts'
import type { IndexSpec } from './index-spec.ts'
import { keyOf, TYPE } from './values.ts'

/**
 * After so many documents a long command lets others through. Each document is written whole or not at all, and what came
 * before an interruption stays, as in MongoDB.
 */
export const STEP = 50

/** One change, as the log keeps it. `ns` is "database.collection". */
export type Change =
  | { ns: string; put: Doc }
  | { ns: string; remove: unknown }
  | { ns: string; create: Doc }
  | { ns: string; drop: true }
  | { ns: string; index: IndexSpec }
  | { ns: string; dropIndex: string }

/** Notes a change, and how to take it back. */
export type Note = (change: Change, undo: () => void) => void

/**
 * All databases, in memory. Every change is also noted; the server writes those of one step of a command to the log as
 * one frame before it goes on.
 */
export class Store {
  readonly #collections = new Map<string, Collection>()
  #changes: Change[] = []
  #undos: (() => void)[] = []

  readonly note: Note = (change, undo) => {
    this.#changes.push(change)
    this.#undos.push(undo)
  }

  /** Hands the changes since the last call to `write`. When that throws they are taken back, and the error goes on. */
  commit(write: (changes: Change[]) => void): void {
    if (this.#changes.length === 0) return
    const [changes, undos] = [this.#changes, this.#undos]
    this.#forget()
    try {
      write(changes)
    } catch (error) {
      for (const undo of undos.reverse()) undo()
      this.#forget() // taking back is a change, too
      throw error
    }
  }

  #forget(): void {
    this.#changes = []
    this.#undos = []
  }

  find(ns: string): Collection | undefined {
    return this.#collections.get(ns)
  }

  /** The collection, made now if there is none, as MongoDB does at the first insert or index. */
  ensure(ns: string): Collection {
    return this.#collections.get(ns) ?? this.create(ns, {})
  }

  create(ns: string, options: Doc): Collection {
    checkNamespace(ns)
    const collection = new Collection(ns, options, this.note)
    this.#collections.set(ns, collection)
    this.note({ ns, create: options }, () => this.#collections.delete(ns))
    return collection
  }

  drop(ns: string): boolean {
    const collection = this.#collections.get(ns)
    if (!collection) return false
    this.#collections.delete(ns)
    this.note({ ns, drop: true }, () => this.#collections.set(ns, collection))
    return true
  }

  /** Collections of one database, or all, in the order they were made. */
  list(database?: string): Collection[] {
    const all = [...this.#collections.values()]
    return database === undefined ? all : all.filter((c) => c.ns.startsWith(`${database}.`))
  }

  /** Repeats a change from the log. */
  apply(change: Change): void {
    const collection = 'create' in change || 'drop' in change ? undefined : this.ensure(change.ns)
    if ('create' in change) this.create(change.ns, change.create)
    else if ('drop' in change) this.drop(change.ns)
    else if ('put' in change) collection?.put(change.put)
    else if ('remove' in change) collection?.removeById(change.remove)
    else if ('index' in change) collection?.createIndex(change.index)
    else collection?.dropIndex(change.dropIndex)
    this.#forget()
  }

  /** How many changes `snapshot` has. */
  get size(): number {
    return this.list().reduce((sum, collection) => sum + collection.indexes.size + collection.size, 0)
  }

  /**
   * The changes that make this state out of nothing: what the log is compacted to. It is the state at the moment of
   * the call, whatever is written while it is read: documents are never modified, so a list of them is a copy.
   */
  snapshot(): Iterable<Change> {
    const copies = this.list().map((collection) => ({
      ns: collection.ns,
      options: collection.options,
      specs: Array.from(collection.indexes.values(), ({ spec }) => spec).filter(
        ({ name }) => name !== '_id_',
      ),
      documents: Array.from(collection.documents(), ({ document }) => document),
    }))
    return changesOf(copies)
  }
}

function* changesOf(copies: { ns: string; options: Doc; specs: IndexSpec[]; documents: Doc[] }[]) {
  for (const { ns, options, specs, documents } of copies) {
    yield { ns, create: options }
    for (const index of specs) yield { ns, index }
    for (const put of documents) yield { ns, put }
  }
}

function checkNamespace(ns: string): void {
  const dot = ns.indexOf('.')
  const [database, name] = [ns.slice(0, dot), ns.slice(dot + 1)]
  const badDatabase = database === '' || database.length > 63 || /[/\\. "$*<>:|?\0]/.test(database)
  if (
    badDatabase ||
    name === '' ||
    name.startsWith('.') ||
    /[$\0]/.test(name) ||
    Buffer.byteLength(ns) > 255
  ) {
    throw new MongoError(73, `Invalid namespace specified '${ns}'`)
  }
}

/** The document with `_id` first, given an ObjectId if it has none. */
export function withId(document: Doc): Doc {
  const _id = document._id === undefined ? new ObjectId() : document._id
  if (Array.isArray(_id) || _id instanceof BSONRegExp) {
    throw new MongoError(2, `can't use ${Array.isArray(_id) ? 'an array' : 'a regex'} for _id`)
  }
  const dollar = isDoc(_id) ? Object.keys(_id).find((field) => field.startsWith('$')) : undefined
  if (dollar)
    throw new MongoError(
      52,
      `_id fields may not contain '$'-prefixed fields: ${dollar} is not valid for storage.`,
    )
  return doc([['_id', _id], ...Object.entries(document).filter(([field]) => field !== '_id')])
}

/**
 * Removes the documents whose time is up by a TTL index, step by step; of several dates in an array the earliest
 * counts.
 */
export function* sweepExpired(store: Store, now = Date.now()): Generator<void, void> {
  for (const collection of store.list()) {
    for (const index of collection.indexes.values()) {
      const seconds = index.spec.expireAfterSeconds
      if (seconds === undefined) continue
      const due = keyOf(new Date(now - seconds * 1000)) + END
      for (;;) {
        const some = index.first(TYPE.date, due, STEP)
        for (const stored of new Set(some)) collection.remove(stored)
        if (some.length < STEP) break
        yield
        if (store.find(collection.ns) !== collection) break // dropped meanwhile
      }
    }
  }
}
