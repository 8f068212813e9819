import type { Client, Scram } from '../auth.ts'
import { type Doc, isDoc, isTrue, toNumber } from '../bson.ts'
import type { Cursors } from '../cursors.ts'
import { MongoError, notCovered } from '../errors.ts'
import type { Store } from '../store.ts'

export interface Context {
  store: Store
  cursors: Cursors
  client: Client
  scram: Scram
}

export interface Command {
  /** The fields that this server understands, beside those of every command. */
  fields: string[]
  /** May be sent before the login. */
  beforeLogin?: true
  /**
   * Executes at once, in one step; the reply's `ok: 1` is added later. What may touch very many documents is a generator:
   * it yields where others may go first, and what it did up to there stays.
   */
  run(command: Doc, context: Context): object | Generator<void, object>
}

// What MongoDB understands and this server does not: refused, unless the value asks for nothing.
const NOT_COVERED = new Set(
  'collation hint let arrayFilters min max returnKey showRecordId tailable awaitData oplogReplay explain allowPartialResults readOnce requestResumeToken resumeAfter sort sampleRate capped size timeseries clusteredIndex changeStreamPreAndPostImages expireAfterSeconds validator validationLevel validationAction viewOn pipeline storageEngine indexOptionDefaults encryptedFields'.split(
    ' ',
  ),
)

/** Throws for a field that is unknown (40415) or not covered (238), instead of ignoring it. */
export function checkFields(what: string, given: Doc, known: readonly string[]): void {
  for (const field of Object.keys(given)) {
    if (known.includes(field)) continue
    if (!NOT_COVERED.has(field))
      throw new MongoError(40415, `BSON field '${what}.${field}' is an unknown field.`)
    const value = given[field]
    const empty = isDoc(value)
      ? Object.keys(value).length === 0 || value.locale === 'simple'
      : Array.isArray(value)
        ? value.length === 0
        : !isTrue(value)
    if (!empty) throw notCovered(`The option '${field}' of ${what}`)
  }
}

/** The namespace "database.collection" that a command is about: its first field names the collection. */
export function namespace(command: Doc): string {
  const name = command[Object.keys(command)[0] ?? '']
  if (typeof name !== 'string') throw new MongoError(73, 'collection name has invalid type')
  if (name === '') throw new MongoError(73, `Invalid namespace specified '${command.$db}.'`)
  return `${command.$db}.${name}`
}

/** A field that has to be a document; undefined if it is missing. */
export function documentField(command: Doc, field: string): Doc | undefined {
  const value = command[field]
  if (value === undefined || value === null || isDoc(value)) return value ?? undefined
  throw new MongoError(14, `BSON field '${field}' is the wrong type, expected type 'object'`)
}

/** A field that has to be a whole number of at least 0; undefined if it is missing. */
export function countField(command: Doc, field: string): number | undefined {
  const value = command[field]
  if (value === undefined || value === null) return undefined
  const number = toNumber(value)
  if (number === undefined)
    throw new MongoError(14, `BSON field '${field}' is the wrong type, expected a number`)
  if (number < 0)
    throw new MongoError(51024, `BSON field '${field}' value must be >= 0, actual value '${number}'`)
  return Math.trunc(number)
}

/** A field that has to be an array of documents. */
export function documentsField(command: Doc, field: string): Doc[] {
  const value = command[field]
  if (value === undefined)
    throw new MongoError(40414, `BSON field '${field}' is missing but a required field`)
  if (!Array.isArray(value) || !value.every(isDoc))
    throw new MongoError(14, `BSON field '${field}' is the wrong type, expected an array of documents`)
  return value
}
