import { type Doc, decode, encode } from './bson.ts'

// MongoDB's wire protocol: https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
export const MAX_MESSAGE_BYTES = 48_000_000

const HEADER = 16
const OP_REPLY = 1
const OP_QUERY = 2004
const OP_MSG = 2013
const CHECKSUM_PRESENT = 1
const MORE_TO_COME = 2

export interface Request {
  id: number
  command: Doc
  /** The client waits for no answer (an unacknowledged write). */
  unacknowledged: boolean
  /** Sent as OP_QUERY: only the first hello of a connection is, and it is answered by OP_REPLY. */
  legacy: boolean
}

/** Cuts a stream of bytes into messages. */
export class MessageSplitter {
  #chunks: Buffer[] = []
  #size = 0

  push(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    if (this.#chunks.length > 1000) this.#join() // each tiny piece would keep a buffer of its own alive
  }

  /** The next whole message, if it has come. Throws RangeError on a length above `limit`, or that no message has. */
  next(limit: number): Buffer | undefined {
    if (this.#size < 4) return undefined
    if ((this.#chunks[0]?.length ?? 0) < 4) this.#join()
    const length = this.#chunks[0]?.readInt32LE(0) ?? 0
    if (length < HEADER || length > limit) throw new RangeError(`a message of ${length} bytes`)
    if (this.#size < length) return undefined
    const all = this.#join()
    this.#chunks = all.length > length ? [all.subarray(length)] : []
    this.#size -= length
    return all.subarray(0, length)
  }

  #join(): Buffer {
    const all = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks)
    this.#chunks = [all]
    return all
  }
}

/** Reads one message. Throws RangeError or BSONError when it is not a well-formed one. */
export function parseMessage(message: Buffer): Request {
  const id = message.readInt32LE(4)
  const operation = message.readInt32LE(12)
  if (operation === OP_QUERY) {
    const { end } = cString(message, HEADER + 4)
    return { id, command: documentAt(message, end + 8), unacknowledged: false, legacy: true }
  }
  if (operation !== OP_MSG) throw new RangeError(`operation ${operation}`)
  const flags = message.readUInt32LE(HEADER)
  const unknown = flags & 0xffff & ~(CHECKSUM_PRESENT | MORE_TO_COME)
  if (unknown !== 0) throw new RangeError(`flags ${flags}`)
  const end = message.length - (flags & CHECKSUM_PRESENT ? 4 : 0)
  const command = readSections(message.subarray(0, end), HEADER + 4)
  return { id, command, unacknowledged: (flags & MORE_TO_COME) !== 0, legacy: false }
}

function readSections(message: Buffer, start: number): Doc {
  let body: Doc | undefined
  const sequences: [string, Doc[]][] = []
  for (let at = start; at < message.length; ) {
    const kind = message.readUInt8(at)
    const length = message.readInt32LE(at + 1)
    const next = at + 1 + length
    if (length < 5 || next > message.length || kind > 1) throw new RangeError(`a section of kind ${kind}`)
    if (kind === 0) {
      if (body) throw new RangeError('two bodies')
      body = decode(message.subarray(at + 1, next))
    } else {
      sequences.push(readSequence(message.subarray(0, next), at + 5))
    }
    at = next
  }
  if (!body) throw new RangeError('no body')
  for (const [field, documents] of sequences) body[field] = documents
  return body
}

// A kind-1 section: a field's name, then the documents of its array one after another.
function readSequence(message: Buffer, start: number): [string, Doc[]] {
  const name = cString(message, start)
  const documents: Doc[] = []
  for (let at = name.end; at < message.length; at += message.readInt32LE(at))
    documents.push(documentAt(message, at))
  return [name.text, documents]
}

function cString(message: Buffer, start: number): { text: string; end: number } {
  const zero = message.indexOf(0, start)
  if (zero < 0) throw new RangeError('a name without end')
  return { text: message.toString('utf8', start, zero), end: zero + 1 }
}

function documentAt(message: Buffer, start: number): Doc {
  const length = message.readInt32LE(start)
  if (length < 5 || start + length > message.length) throw new RangeError(`a document of ${length} bytes`)
  return decode(message.subarray(start, start + length))
}

/** The answer to a request, ready to be written to the socket. */
export function encodeReply(request: Request, reply: object): Buffer {
  const body = encode(reply)
  // OP_REPLY: flags, cursor (8), first document, number of documents. OP_MSG: flags, section kind.
  const head = Buffer.alloc(HEADER + (request.legacy ? 20 : 5))
  head.writeInt32LE(head.length + body.length, 0)
  head.writeInt32LE(request.id, 8)
  head.writeInt32LE(request.legacy ? OP_REPLY : OP_MSG, 12)
  if (request.legacy) head.writeInt32LE(1, HEADER + 16)
  return Buffer.concat([head, body])
}
