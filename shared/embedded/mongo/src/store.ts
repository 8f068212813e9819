import { BSONRegExp, type Doc, doc, isDoc, ObjectId } from './bson.ts'
import { Collection } from './collection.ts'
import { MongoError } from './errors.ts'
import type { IndexSpec } from './index-spec.ts'

/** One change, as the log keeps it. `ns` is "database.collection". */
export type Change =
  | { ns: string; put: Doc }
  | { ns: string; remove: unknown }
  | { ns: string; create: Doc }
  | { ns: string; drop: true }
  | { ns: string; index: IndexSpec }
  | { ns: string; dropIndex: string }

/**
 * All databases, in memory. Every change is also noted in `changes`; the server writes those of one command
 * to the log as one frame before it acknowledges the command.
 */
export class Store {
  readonly #collections = new Map<string, Collection>()
  #changes: Change[] = []

  readonly note = (change: Change): void => {
    this.#changes.push(change)
  }

  /** The changes since the last call. */
  takeChanges(): Change[] {
    const taken = this.#changes
    if (taken.length > 0) this.#changes = []
    return taken
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
    this.note({ ns, create: options })
    return collection
  }

  drop(ns: string): boolean {
    if (!this.#collections.delete(ns)) return false
    this.note({ ns, drop: true })
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
    this.takeChanges()
  }

  /** The changes that make this state out of nothing: what the log is compacted to. */
  *snapshot(): Generator<Change> {
    for (const collection of this.#collections.values()) {
      const { ns, options, indexes } = collection
      yield { ns, create: options }
      for (const { spec } of indexes.values()) if (spec.name !== '_id_') yield { ns, index: spec }
      for (const { document } of collection.documents()) yield { ns, put: document }
    }
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
