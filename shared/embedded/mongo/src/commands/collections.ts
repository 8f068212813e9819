import { type Doc, doc, isDoc, isTrue } from '../bson.ts'
import { MongoError, notCovered } from '../errors.ts'
import { compileFilter } from '../filter.ts'
import { parseIndexSpec } from '../index-spec.ts'
import { type Command, countField, documentField, namespace } from './command.ts'
import { indexNames } from './indexes.ts'

export const create: Command = {
  fields: ['autoIndexId'],
  run(command, { store }) {
    // There are no options here that could differ: creating a collection again is no error.
    store.ensure(namespace(command))
    return {}
  },
}

/** Like MongoDB since 7.0, dropping what is not there is no error. */
export const drop: Command = {
  fields: [],
  run(command, { store }) {
    const ns = namespace(command)
    const nIndexesWas = store.find(ns)?.indexes.size
    return store.drop(ns) ? { nIndexesWas, ns } : {}
  },
}

export const dropDatabase: Command = {
  fields: [],
  run(command, { store }) {
    const collections = store.list(String(command.$db))
    for (const { ns } of collections) store.drop(ns)
    return collections.length > 0 ? { dropped: command.$db } : {}
  },
}

export const listCollections: Command = {
  fields: ['filter', 'nameOnly', 'cursor', 'authorizedCollections'],
  run(command, { store, cursors }) {
    const database = String(command.$db)
    const matches = compileFilter(documentField(command, 'filter') ?? doc())
    const described = store.list(database).map(({ ns, options, indexes }) => {
      const name = ns.slice(database.length + 1)
      const short: [string, unknown][] = [
        ['name', name],
        ['type', 'collection'],
      ]
      if (isTrue(command.nameOnly)) return doc(short)
      const idIndex = indexes.get('_id_')?.spec
      return doc([...short, ['options', options], ['info', doc([['readOnly', false]])], ['idIndex', idIndex]])
    })
    const batchSize = countField(documentField(command, 'cursor') ?? {}, 'batchSize')
    return cursors.start(`${database}.$cmd.listCollections`, described.filter(matches), batchSize)
  },
}

export const listDatabases: Command = {
  fields: ['filter', 'nameOnly', 'authorizedDatabases'],
  run(command, { store }) {
    if (command.$db !== 'admin')
      throw new MongoError(13, 'listDatabases may only be run against the admin database.')
    const matches = compileFilter(documentField(command, 'filter') ?? doc())
    const names = new Set(store.list().map(({ ns }) => ns.slice(0, ns.indexOf('.'))))
    const databases = Array.from(
      names,
      (name): Doc =>
        doc(
          isTrue(command.nameOnly)
            ? [['name', name]]
            : [
                ['name', name],
                ['sizeOnDisk', 0],
                ['empty', false],
              ],
        ),
    ).filter(matches)
    return isTrue(command.nameOnly) ? { databases } : { databases, totalSize: 0, totalSizeMb: 0 }
  },
}

/** Only the expiry of a TTL index can be changed. */
export const collMod: Command = {
  fields: ['index'],
  run(command, { store }) {
    const ns = namespace(command)
    const collection = store.find(ns)
    if (!collection) throw new MongoError(26, `ns does not exist: ${ns}`)
    const change = documentField(command, 'index')
    if (!change) return {}
    const { keyPattern, name, expireAfterSeconds, ...others } = change
    const [other] = Object.keys(others)
    if (other) throw notCovered(`The option 'index.${other}' of collMod`)
    const [found = ''] = indexNames(collection, isDoc(keyPattern) ? keyPattern : name)
    const index = collection.indexes.get(found)
    const before = index?.spec.expireAfterSeconds
    const spec = parseIndexSpec(doc(Object.entries({ ...index?.spec, expireAfterSeconds })))
    collection.dropIndex(found)
    collection.createIndex(spec)
    return {
      ...(before === undefined ? {} : { expireAfterSeconds_old: before }),
      expireAfterSeconds_new: spec.expireAfterSeconds,
    }
  },
}
