import { isDoc } from '../bson.ts'
import type { Collection } from '../collection.ts'
import { MongoError } from '../errors.ts'
import { parseIndexSpec } from '../index-spec.ts'
import { compare } from '../values.ts'
import {
  type Command,
  type Context,
  countField,
  documentField,
  documentsField,
  namespace,
} from './command.ts'

export const createIndexes: Command = {
  fields: ['indexes', 'commitQuorum'],
  run(command, { store }) {
    const ns = namespace(command)
    const specs = documentsField(command, 'indexes').map(parseIndexSpec)
    if (specs.length === 0) throw new MongoError(2, 'Must specify at least one index to create')
    const createdCollectionAutomatically = !store.find(ns)
    const collection = store.ensure(ns)
    const numIndexesBefore = collection.indexes.size
    for (const spec of specs)
      if (compare(spec.key, collection.indexes.get('_id_')?.spec.key) !== 0) collection.createIndex(spec)
    const numIndexesAfter = collection.indexes.size
    const note = numIndexesAfter === numIndexesBefore ? { note: 'all indexes already exist' } : {}
    return { numIndexesBefore, numIndexesAfter, createdCollectionAutomatically, ...note }
  },
}

export const listIndexes: Command = {
  fields: ['cursor'],
  run(command, context) {
    const collection = existing(command, context)
    const batchSize = countField(documentField(command, 'cursor') ?? {}, 'batchSize')
    const specs = Array.from(collection.indexes.values(), ({ spec }) => ({ ...spec }))
    return context.cursors.start(collection.ns, specs, batchSize)
  },
}

export const dropIndexes: Command = {
  fields: ['index'],
  run(command, context) {
    const collection = existing(command, context)
    const nIndexesWas = collection.indexes.size
    const { index } = command
    const names =
      index === '*'
        ? [...collection.indexes.keys()].filter((name) => name !== '_id_')
        : indexNames(collection, index)
    for (const name of names) collection.dropIndex(name)
    return { nIndexesWas }
  },
}

function existing(command: { [field: string]: unknown }, { store }: Context): Collection {
  const ns = namespace(command)
  const collection = store.find(ns)
  if (!collection) throw new MongoError(26, `ns does not exist: ${ns}`)
  return collection
}

// The names of the indexes that a name, a list of names or a key pattern means.
function indexNames(collection: Collection, wanted: unknown): string[] {
  return (Array.isArray(wanted) ? wanted : [wanted]).map((one) => {
    const found = [...collection.indexes.values()].find(({ spec }) =>
      isDoc(one) ? compare(spec.key, one) === 0 : spec.name === one,
    )
    if (!found)
      throw new MongoError(27, `index not found with name [${isDoc(one) ? JSON.stringify(one) : one}]`)
    if (found.spec.name === '_id_') throw new MongoError(72, 'cannot drop _id index')
    return found.spec.name
  })
}
