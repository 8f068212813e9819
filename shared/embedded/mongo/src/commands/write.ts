import { calculateObjectSize } from 'bson'
import { type Doc, doc, encode, isDoc, isTrue, MAX_DOCUMENT_BYTES, toNumber } from '../bson.ts'
import type { Collection } from '../collection.ts'
import type { StoredDoc } from '../collection-index.ts'
import { MongoError } from '../errors.ts'
import { select } from '../query.ts'
import { withId } from '../store.ts'
import { compileUpdate, type Updater, upsertBase } from '../update.ts'
import { type Command, checkFields, documentField, documentsField, namespace } from './command.ts'

const MAX_DEPTH = 180 // MongoDB's limit for what users store

export const insert: Command = {
  fields: ['documents', 'ordered', 'bypassDocumentValidation'],
  run(command, { store }) {
    const collection = store.ensure(namespace(command))
    let n = 0
    const writeErrors = eachStatement(command, 'documents', (document) => {
      insertDocument(collection, document)
      n++
    })
    return { n, ...writeErrors }
  },
}

export const update: Command = {
  fields: ['updates', 'ordered', 'bypassDocumentValidation'],
  run(command, { store }) {
    const ns = namespace(command)
    let [n, nModified] = [0, 0]
    const upserted: { index: number; _id: unknown }[] = []
    const writeErrors = eachStatement(command, 'updates', (statement, index) => {
      checkFields('update.updates', statement, ['q', 'u', 'multi', 'upsert'])
      const filter = documentField(statement, 'q') ?? doc()
      const updater = compileUpdate(statement.u)
      const multi = isTrue(statement.multi)
      if (multi && !Object.keys(statement.u as Doc)[0]?.startsWith('$')) {
        throw new MongoError(9, 'multi update is not supported for replacement-style update')
      }
      const found = select(store.find(ns), { filter, limit: multi ? 0 : 1 })
      for (const stored of found) {
        if (updateDocument(store.ensure(ns), stored, updater)) nModified++
        n++
      }
      if (found.length > 0 || !isTrue(statement.upsert)) return
      const { _id } = upsertDocument(store.ensure(ns), filter, updater)
      upserted.push({ index, _id })
      n++
    })
    return { n, nModified, ...(upserted.length > 0 ? { upserted } : {}), ...writeErrors }
  },
}

export const deleteCommand: Command = {
  fields: ['deletes', 'ordered'],
  run(command, { store }) {
    const collection = store.find(namespace(command))
    let n = 0
    const writeErrors = eachStatement(command, 'deletes', (statement) => {
      checkFields('delete.deletes', statement, ['q', 'limit'])
      const limit = toNumber(statement.limit)
      if (limit !== 0 && limit !== 1)
        throw new MongoError(9, `The limit field in delete objects must be 0 or 1. Got ${limit}`)
      for (const stored of select(collection, { filter: documentField(statement, 'q'), limit })) {
        collection?.remove(stored)
        n++
      }
    })
    return { n, ...writeErrors }
  },
}

// Ordered (the default): the first error ends the command. Unordered: every statement is tried.
function eachStatement(command: Doc, field: string, run: (statement: Doc, index: number) => void) {
  const statements = documentsField(command, field)
  if (statements.length === 0 || statements.length > 100_000) {
    throw new MongoError(
      21,
      `Write batch sizes must be between 1 and 100000. Got ${statements.length} operations.`,
    )
  }
  const writeErrors: object[] = []
  for (const [index, statement] of statements.entries()) {
    try {
      run(statement, index)
    } catch (error) {
      if (!(error instanceof MongoError)) throw error
      writeErrors.push({ index, code: error.code, errmsg: error.message, ...error.details })
      if (command.ordered !== false) break
    }
  }
  return writeErrors.length > 0 ? { writeErrors } : {}
}

function insertDocument(collection: Collection, document: Doc): Doc {
  const complete = withId(document)
  checkDepth(complete)
  checkSize(calculateObjectSize(complete))
  collection.insert(complete)
  return complete
}

/** Puts the new version in place. False: the update changed nothing. */
export function updateDocument(collection: Collection, stored: StoredDoc, updater: Updater): boolean {
  const updated = updater(stored.document, false)
  const bytes = encode(updated)
  if (Buffer.compare(bytes, encode(stored.document)) === 0) return false
  checkSize(bytes.length)
  checkDepth(updated)
  collection.replace(stored, updated)
  return true
}

/** Inserts what the filter and the update together describe. */
export function upsertDocument(collection: Collection, filter: Doc, updater: Updater): Doc {
  return insertDocument(collection, updater(upsertBase(filter), true))
}

// What could not be read again from the log must not get into it.
function checkDepth(value: unknown, left = MAX_DEPTH): void {
  if (left === 0)
    throw new MongoError(15, `cannot store a document that exceeds ${MAX_DEPTH} levels of nesting`)
  if (Array.isArray(value)) for (const element of value) checkDepth(element, left - 1)
  else if (isDoc(value)) for (const field of Object.keys(value)) checkDepth(value[field], left - 1)
}

function checkSize(bytes: number): void {
  if (bytes <= MAX_DOCUMENT_BYTES) return
  throw new MongoError(
    10334,
    `BSONObj size: ${bytes} is invalid. Size must be between 0 and ${MAX_DOCUMENT_BYTES}(16MB)`,
  )
}
