import { calculateObjectSize } from 'bson'
import { type Doc, doc, encode, isDoc, isTrue, MAX_DOCUMENT_BYTES, toNumber } from '../bson.ts'
import type { Collection } from '../collection.ts'
import type { StoredDoc } from '../collection-index.ts'
import { MongoError } from '../errors.ts'
import { compileFilter } from '../filter.ts'
import { plan } from '../planner.ts'
import { select } from '../query.ts'
import { STEP, type Store, withId } from '../store.ts'
import { compileUpdate, type Updater, upsertBase } from '../update.ts'
import { type Command, checkFields, documentField, documentsField, namespace } from './command.ts'
import { MAX_WRITE_BATCH } from './hello.ts'

const MAX_DEPTH = 180 // MongoDB's limit for what users store

export const insert: Command = {
  fields: ['documents', 'ordered', 'bypassDocumentValidation'],
  *run(command, { store }) {
    const ns = namespace(command)
    store.ensure(ns)
    let n = 0
    const writeErrors = yield* eachStatement(command, 'documents', (document) => {
      insertDocument(store.ensure(ns), document)
      n++
    })
    return { n, ...writeErrors }
  },
}

export const update: Command = {
  fields: ['updates', 'ordered', 'bypassDocumentValidation'],
  *run(command, { store }) {
    const ns = namespace(command)
    let [n, nModified] = [0, 0]
    const upserted: { index: number; _id: unknown }[] = []
    const writeErrors = yield* eachStatement(command, 'updates', function* (statement, index) {
      checkFields('update.updates', statement, ['q', 'u', 'multi', 'upsert'])
      const filter = documentField(statement, 'q') ?? doc()
      const updater = compileUpdate(statement.u)
      const multi = isTrue(statement.multi)
      if (multi && !Object.keys(statement.u as Doc)[0]?.startsWith('$')) {
        throw new MongoError(9, 'multi update is not supported for replacement-style update')
      }
      const before = n
      yield* eachMatch(store, ns, filter, multi, (collection, stored) => {
        if (updateDocument(collection, stored, updater)) nModified++
        n++
      })
      if (n > before || !isTrue(statement.upsert)) return
      const { _id } = upsertDocument(store.ensure(ns), filter, updater)
      upserted.push({ index, _id })
      n++
    })
    return { n, nModified, ...(upserted.length > 0 ? { upserted } : {}), ...writeErrors }
  },
}

export const deleteCommand: Command = {
  fields: ['deletes', 'ordered'],
  *run(command, { store }) {
    const ns = namespace(command)
    let n = 0
    const writeErrors = yield* eachStatement(command, 'deletes', function* (statement) {
      checkFields('delete.deletes', statement, ['q', 'limit'])
      const limit = toNumber(statement.limit)
      if (limit !== 0 && limit !== 1)
        throw new MongoError(9, `The limit field in delete objects must be 0 or 1. Got ${limit}`)
      const filter = documentField(statement, 'q') ?? doc()
      yield* eachMatch(store, ns, filter, limit === 0, (collection, stored) => {
        collection.remove(stored)
        n++
      })
    })
    return { n, ...writeErrors }
  },
}

// Visits one document that the filter finds, or all. In between others may write: each is looked at when its turn comes.
function* eachMatch(
  store: Store,
  ns: string,
  filter: Doc,
  all: boolean,
  visit: (collection: Collection, stored: StoredDoc) => void,
): Generator<void, void> {
  const matches = compileFilter(filter)
  const collection = store.find(ns)
  if (!collection) return
  if (!all) {
    const [stored] = select(collection, { filter, limit: 1 })
    if (stored) visit(collection, stored)
    return
  }
  const candidates = Array.from(plan(collection, filter, []).candidates)
  for (const [i, stored] of candidates.entries()) {
    if (i % STEP === STEP - 1) yield
    if (store.find(ns) !== collection) return // dropped
    if (collection.has(stored) && matches(stored.document)) visit(collection, stored)
  }
}

// Ordered (the default): the first error ends the command. Unordered: every statement is tried.
function* eachStatement(
  command: Doc,
  field: string,
  run: (statement: Doc, index: number) => Generator<void, void> | void,
): Generator<void, { writeErrors?: object[] }> {
  const statements = documentsField(command, field)
  if (statements.length === 0 || statements.length > MAX_WRITE_BATCH) {
    throw new MongoError(
      21,
      `Write batch sizes must be between 1 and ${MAX_WRITE_BATCH}. Got ${statements.length} operations.`,
    )
  }
  const writeErrors: object[] = []
  for (const [index, statement] of statements.entries()) {
    if (index % STEP === STEP - 1) yield
    try {
      const steps = run(statement, index)
      if (steps) yield* steps
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
