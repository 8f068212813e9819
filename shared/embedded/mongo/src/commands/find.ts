import { isTrue, Long } from '../bson.ts'
import { MongoError } from '../errors.ts'
import { EMPTY_ARRAY, valuesAt } from '../paths.ts'
import { compileProjection } from '../projection.ts'
import { select } from '../query.ts'
import { keyOf } from '../values.ts'
import { type Command, countField, documentField, namespace } from './command.ts'

export const find: Command = {
  fields: [
    'filter',
    'sort',
    'projection',
    'skip',
    'limit',
    'batchSize',
    'singleBatch',
    'noCursorTimeout',
    'allowDiskUse',
  ],
  run(command, { store, cursors }) {
    const ns = namespace(command)
    const project = compileProjection(documentField(command, 'projection'))
    const found = select(store.find(ns), {
      filter: documentField(command, 'filter'),
      sort: documentField(command, 'sort'),
      skip: countField(command, 'skip') ?? 0,
      limit: countField(command, 'limit') ?? 0,
    })
    const documents = found.map(({ document }) => project(document))
    return cursors.start(ns, documents, countField(command, 'batchSize'), isTrue(command.singleBatch))
  },
}

export const getMore: Command = {
  fields: ['collection', 'batchSize'],
  run(command, { cursors }) {
    const id = command.getMore
    if (!(id instanceof Long))
      throw new MongoError(14, "BSON field 'getMore.getMore' is the wrong type, expected type 'long'")
    return cursors.next(id, `${command.$db}.${command.collection}`, countField(command, 'batchSize'))
  },
}

export const killCursors: Command = {
  fields: ['cursors'],
  run(command, { cursors }) {
    const ids = Array.isArray(command.cursors) ? command.cursors.filter((id) => id instanceof Long) : []
    const cursorsKilled = ids.filter((id) => cursors.kill(id))
    const cursorsNotFound = ids.filter((id) => !cursorsKilled.includes(id))
    return { cursorsKilled, cursorsNotFound, cursorsAlive: [], cursorsUnknown: [] }
  },
}

export const count: Command = {
  fields: ['query', 'limit', 'skip', 'fields'],
  run(command, { store }) {
    const found = select(store.find(namespace(command)), {
      filter: documentField(command, 'query'),
      skip: countField(command, 'skip') ?? 0,
      limit: countField(command, 'limit') ?? 0,
    })
    return { n: found.length }
  },
}

export const distinct: Command = {
  fields: ['key', 'query'],
  run(command, { store }) {
    const { key } = command
    if (typeof key !== 'string' || key === '')
      throw new MongoError(14, "BSON field 'distinct.key' is the wrong type, expected type 'string'")
    const values = new Map<string, unknown>()
    for (const { document } of select(store.find(namespace(command)), {
      filter: documentField(command, 'query'),
    })) {
      for (const value of valuesAt(document, key.split('.'), 'index')) {
        if (value !== undefined && value !== EMPTY_ARRAY) values.set(keyOf(value), value)
      }
    }
    return { values: [...values.values()] }
  },
}
