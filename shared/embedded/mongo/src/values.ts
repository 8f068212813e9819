import { type Binary, Decimal128, Timestamp } from 'bson'
import { BSONRegExp, bsonType, Double, isDoc, Long, ObjectId } from './bson.ts'

// One order for all values. Indexes, sort and comparisons share `keyOf`: a string of bytes (one char, one
// byte) that sorts like MongoDB sorts the value, and in which no key is the beginning of another, so that
// the key of a compound index is simply the keys of its fields one after another.
// https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/

/** The first byte of a key: types in MongoDB's order. int, long, double and decimal are one type. */
export const TYPE = {
  minKey: '\x01',
  emptyArray: '\x05', // only as an index or sort key, where an array stands for its elements
  null: '\x0a',
  number: '\x10',
  string: '\x20',
  object: '\x28',
  array: '\x30',
  binData: '\x38',
  objectId: '\x40',
  bool: '\x48',
  date: '\x50',
  timestamp: '\x58',
  regex: '\x60',
  other: '\x68',
  maxKey: '\xf0',
}

const BSON_TYPES: { [type: string]: [name: string, order: string] } = {
  MinKey: ['minKey', TYPE.minKey],
  Binary: ['binData', TYPE.binData],
  ObjectId: ['objectId', TYPE.objectId],
  Timestamp: ['timestamp', TYPE.timestamp],
  BSONRegExp: ['regex', TYPE.regex],
  Code: ['javascript', TYPE.other],
  MaxKey: ['maxKey', TYPE.maxKey],
  Long: ['long', TYPE.number],
  Double: ['double', TYPE.number],
  Decimal128: ['decimal', TYPE.number],
}

/** The type's name as `$type` calls it, and its byte in the order. A missing value sorts as null. */
export function typeOf(value: unknown): [name: string, order: string] {
  if (typeof value === 'string') return ['string', TYPE.string]
  if (typeof value === 'number') return [(value | 0) === value ? 'int' : 'double', TYPE.number]
  if (typeof value === 'boolean') return ['bool', TYPE.bool]
  if (value === null) return ['null', TYPE.null]
  if (value === undefined) return ['missing', TYPE.null]
  if (Array.isArray(value)) return ['array', TYPE.array]
  if (value instanceof Date) return ['date', TYPE.date]
  if (isDoc(value)) return ['object', TYPE.object]
  return BSON_TYPES[bsonType(value as object) ?? ''] ?? ['unknown', TYPE.other]
}

/** The sortable key of a value. */
export function keyOf(value: unknown): string {
  if (typeof value === 'string') return TYPE.string + text(value)
  if (typeof value === 'number') return `${TYPE.number}${float(value)}\x80`
  if (value === null || value === undefined) return TYPE.null
  if (typeof value === 'boolean') return TYPE.bool + (value ? '\x01' : '\x00')
  if (value instanceof ObjectId) return TYPE.objectId + value.toHexString()
  if (value instanceof Date) return TYPE.date + float(value.getTime())
  if (Array.isArray(value)) return `${TYPE.array}${value.map(keyOf).join('')}\0`
  if (isDoc(value))
    return `${TYPE.object}${Object.keys(value)
      .map((f) => fieldKey(f, value[f]))
      .join('')}\0`
  if (value instanceof Double) return `${TYPE.number}${float(value.value)}\x80`
  if (value instanceof Timestamp) return TYPE.timestamp + unsigned(value.t) + unsigned(value.i) // before Long
  if (value instanceof Long) return TYPE.number + longKey(value)
  if (value instanceof Decimal128) return TYPE.number + decimalKey(value)
  if (value instanceof BSONRegExp) return TYPE.regex + text(value.pattern) + text(value.options)
  const type = bsonType(value as object)
  if (type === 'Binary') return TYPE.binData + binaryKey(value as Binary)
  const [, order] = typeOf(value)
  return type === 'MinKey' || type === 'MaxKey' ? order : order + text(JSON.stringify(value))
}

/** Negative, zero or positive, like Array.prototype.sort wants it. */
export function compare(a: unknown, b: unknown): number {
  const [x, y] = [keyOf(a), keyOf(b)]
  return x < y ? -1 : x > y ? 1 : 0
}

const scratch = Buffer.alloc(8)

// An IEEE double with its sign turned so that its bytes sort like its value. NaN is below every number.
function float(value: number): string {
  if (Number.isNaN(value)) return '\0\0\0\0\0\0\0\0'
  scratch.writeDoubleBE(value === 0 ? 0 : value) // -0 equals 0
  if (value < 0) for (let i = 0; i < 8; i++) scratch[i] = ~(scratch[i] ?? 0)
  else scratch[0] = (scratch[0] ?? 0) | 0x80
  return scratch.toString('latin1', 0, 8)
}

// UTF-8 bytes (UTF-16 sorts differently), ended by 0; a 0 inside becomes 0 255, which sorts after the end.
function text(value: string): string {
  if (Buffer.byteLength(value) === value.length && !value.includes('\0')) return `${value}\0`
  return `${Buffer.from(value).toString('latin1').replaceAll('\0', '\0\xff')}\0`
}

const fieldKey = (field: string, value: unknown) => typeOf(value)[1] + text(field) + keyOf(value)

function unsigned(value: number): string {
  scratch.writeUInt32BE(value)
  return scratch.toString('latin1', 0, 4)
}

function binaryKey(value: Binary): string {
  const bytes = Buffer.from(value.value()).toString('latin1')
  return unsigned(bytes.length) + String.fromCharCode(value.sub_type) + bytes
}

// Long and Decimal128 hold numbers between two doubles: the nearest double first, then the exact difference.
function longKey(value: Long): string {
  const nearest = value.toNumber()
  return float(nearest) + difference(value.toBigInt() - BigInt(nearest), 0)
}

function decimalKey(value: Decimal128): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:E([+-]?\d+))?$/.exec(String(value)) ?? []
  const approximate = Number(String(value))
  if (whole === '') return `${float(approximate)}\x80` // NaN and the infinities
  const nearest = Math.min(Math.max(approximate, -Number.MAX_VALUE), Number.MAX_VALUE)
  let [scaled, halvings] = [nearest, 0]
  for (; !Number.isInteger(scaled); halvings++) scaled *= 2
  // nearest = scaled / 2^halvings = scaled * 5^halvings * 10^-halvings
  const power = Number(exponent) - fraction.length
  const low = Math.min(power, -halvings)
  const exact = BigInt(sign + whole + fraction) * 10n ** BigInt(power - low)
  const double = BigInt(scaled) * 5n ** BigInt(halvings) * 10n ** BigInt(-halvings - low)
  return float(nearest) + difference(exact - double, low)
}

// amount * 10^power as bytes: sign, decimal exponent, digits. The bytes of a negative one are inverted.
function difference(amount: bigint, power: number): string {
  if (amount === 0n) return '\x80'
  const digits = String(amount < 0n ? -amount : amount)
  const size = `${String(digits.length + power + 20_000)}${digits.replace(/0+$/, '')}\0`
  if (amount > 0n) return `\x81${size}`
  return `\x7f${Array.from(size, (c) => String.fromCharCode(255 - c.charCodeAt(0))).join('')}`
}
