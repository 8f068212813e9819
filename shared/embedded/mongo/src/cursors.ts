import { calculateObjectSize } from 'bson'
import { type Doc, Long, MAX_DOCUMENT_BYTES } from './bson.ts'
import { MongoError } from './errors.ts'

const IDLE_MS = 10 * 60_000 // MongoDB's cursorTimeoutMillis
const FIRST_BATCH = 101
const MAX_OPEN = 1000

interface Cursor {
  ns: string
  documents: Doc[]
  position: number
  usedAt: number
}

/** Results that did not fit into one reply. They are what the command found, whatever is written later. */
export class Cursors {
  readonly #open = new Map<string, Cursor>()
  #lastId = Date.now() * 1000

  /** The reply of a command that opens a cursor; without `batchSize` the first batch has 101 documents. */
  start(ns: string, documents: Doc[], batchSize = FIRST_BATCH, singleBatch = false) {
    const cursor: Cursor = { ns, documents, position: 0, usedAt: Date.now() }
    const firstBatch = takeBatch(cursor, batchSize)
    const done = singleBatch || (cursor.position >= documents.length && batchSize > 0)
    if (done) return { cursor: { firstBatch, id: Long.ZERO, ns } }
    const id = Long.fromNumber(++this.#lastId)
    this.#open.set(id.toString(), cursor)
    for (const longestIdle of this.#open.keys())
      if (this.#open.size > MAX_OPEN) this.#open.delete(longestIdle)
    return { cursor: { firstBatch, id, ns } }
  }

  /** The reply of `getMore`. Throws CursorNotFound (43). */
  next(id: Long, ns: string, batchSize = Number.POSITIVE_INFINITY) {
    const cursor = this.#open.get(id.toString())
    if (!cursor) throw new MongoError(43, `cursor id ${id} not found`)
    if (cursor.ns !== ns) {
      throw new MongoError(
        13,
        `Requested getMore on namespace '${ns}', but cursor belongs to a different namespace ${cursor.ns}`,
      )
    }
    cursor.usedAt = Date.now()
    this.#open.delete(id.toString()) // to the end of the line
    this.#open.set(id.toString(), cursor)
    const nextBatch = takeBatch(cursor, batchSize || Number.POSITIVE_INFINITY)
    const done = cursor.position >= cursor.documents.length
    if (done) this.#open.delete(id.toString())
    return { cursor: { nextBatch, id: done ? Long.ZERO : id, ns } }
  }

  kill(id: Long): boolean {
    return this.#open.delete(id.toString())
  }

  /** Forgets cursors that nobody has used for ten minutes. */
  reap(now = Date.now()): void {
    for (const [id, cursor] of this.#open) if (now - cursor.usedAt > IDLE_MS) this.#open.delete(id)
  }

  get size(): number {
    return this.#open.size
  }
}

// At least one document, at most what a reply may hold.
function takeBatch(cursor: Cursor, count: number): Doc[] {
  const batch: Doc[] = []
  for (let bytes = 0; batch.length < count; cursor.position++) {
    const document = cursor.documents[cursor.position]
    if (!document) break
    bytes += calculateObjectSize(document)
    if (bytes > MAX_DOCUMENT_BYTES && batch.length > 0) break
    batch.push(document)
  }
  return batch
}
