import { BSONRegExp, Double, deserialize, Int32, Long, ObjectId, serialize } from 'bson'

/** A document. Its fields are read and written directly: it inherits nothing, `__proto__` is a field. */
export interface Doc {
  [field: string]: unknown
}

// An object that inherits from an empty object. Unlike Object.create(null) V8 keeps its fields in a fast
// layout, and unlike {} it has no `__proto__` setter, no `constructor` and no `toString`.
class Blank {}
Object.setPrototypeOf(Blank.prototype, null)
Reflect.deleteProperty(Blank.prototype, 'constructor')

export const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024

/** A new document with these fields, in this order. */
export function doc(entries: Iterable<readonly [string, unknown]> = []): Doc {
  const made = new Blank() as Doc
  for (const [field, value] of entries) made[field] = value
  return made
}

export function isDoc(value: unknown): value is Doc {
  return value instanceof Blank
}

/** Decodes one BSON document. Throws BSONError when the bytes are not one. */
export function decode(bytes: Uint8Array): Doc {
  return adopt(deserialize(bytes, { promoteValues: false, promoteLongs: false, bsonRegExp: true })) as Doc
}

/** Encodes a document, or a reply made of plain objects and documents. */
export function encode(value: object): Uint8Array {
  return serialize(value, { ignoreUndefined: true })
}

/** A deep copy in which plain objects have become documents. Other values are immutable and shared. */
export function adopt(value: unknown): unknown {
  if (value === undefined) return null
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  if (Array.isArray(value)) return value.map(adopt)
  if (isDoc(value)) return doc(Object.keys(value).map((field) => [field, adopt(value[field])]))
  const type = bsonType(value)
  if (type === undefined) {
    const made = new Blank() as Doc
    for (const field of Object.keys(value)) made[field] = adopt((value as Doc)[field])
    return made
  }
  if (value instanceof Int32) return value.value
  if (value instanceof Double) return double(value.value)
  if (type === 'BSONSymbol') return String(value)
  if (type === 'DBRef') return adopt((value as unknown as { toJSON(): object }).toJSON())
  return value
}

/** `ObjectId`, `Long` … for a value of the bson library, undefined for any other. */
export function bsonType(value: object): string | undefined {
  return isDoc(value) ? undefined : (value as { _bsontype?: string })._bsontype
}

/** A number that stays a BSON double: 5 alone would be written as an int32. */
export function double(value: number): number | Double {
  return isInt32(value) ? new Double(value) : value
}

export function isInt32(value: number): boolean {
  return (value | 0) === value && !Object.is(value, -0)
}

/** A value as a JavaScript number, or undefined when it is not a BSON number. Decimal128 is approximated. */
export function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (value instanceof Double) return value.value
  const type = typeof value === 'object' && value ? bsonType(value) : undefined
  if (type === 'Long') return (value as Long).toNumber() // not `instanceof`: a Timestamp is a Long to it
  return type === 'Decimal128' ? Number(String(value)) : undefined
}

/** MongoDB's truth: everything but false, null, missing and zero. */
export function isTrue(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && toNumber(value) !== 0
}

export { BSONRegExp, Double, Long, ObjectId }
