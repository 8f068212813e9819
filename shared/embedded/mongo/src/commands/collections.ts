import { doc, isTrue } from '../bson.ts'
import { compileFilter } from '../filter.ts'
import { type Command, countField, documentField, namespace } from './command.ts'

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
