import * as z from 'zod'

/** Schemas of what strangers may send, and of what they are answered. */

/** A time is sent as ISO 8601. */
export const time = z.iso.datetime()

/** The id of a stored document. */
export const objectId = z
  .string()
  .regex(/^[0-9a-f]{24}$/i, 'must be an id of 24 hexadecimal digits')
  .transform((id) => id.toLowerCase())

/** Text that UTF-8 can carry: half a surrogate pair would be stored as another character than was acknowledged. */
export const text = z.string().refine((value) => value.isWellFormed(), 'must be well-formed Unicode')

/**
 * `metadata`: anything JSON, within bounds, and without names that mean something to MongoDB, to its encoding (BSON takes
 * an object with a `_bsontype` for one of its own) or to JavaScript.
 */
const METADATA_MAX_CHARS = 4_096
export const metadata = z
  .custom<Record<string, unknown>>(isPlainObject, 'must be an object')
  // Depth comes first: what is nested deeper than that could exhaust the stack of whoever walks it next.
  .refine(hasPlainNames, {
    message:
      'must not nest deeper than 10, nor have names with "." or a leading "$", nor "__proto__" or "_bsontype"',
    abort: true,
  })
  .refine((value) => JSON.stringify(value).length <= METADATA_MAX_CHARS, {
    message: `must be at most ${METADATA_MAX_CHARS} characters of JSON`,
  })
  .meta({ type: 'object' })

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function hasPlainNames(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  if (depth > 10 || value instanceof Uint8Array) return false
  return Object.entries(value).every(
    ([name, inner]) => !/^\$|[.\0]|^(__proto__|_bsontype)$/.test(name) && hasPlainNames(inner, depth + 1),
  )
}

/** A place to go: a path of this site, or https. Parsed, not matched: `//evil` and `/\evil` are other hosts. */
const BASE = 'https://this-site.invalid'
export const actionUrl = z
  .string()
  .max(2_000)
  .refine((text) => {
    if (!URL.canParse(text, BASE) || /^[/\\]{2}/.test(text)) return false
    const url = new URL(text, BASE)
    if (text.startsWith('/')) return url.origin === BASE
    return url.protocol === 'https:' && /^https:\/\//i.test(text) && !url.username && !url.password
  }, 'must be a path like /orders/1 or an https URL')

/** How many items of a list are asked for in a query string: 1 to 100. */
export const pageLimit = (fallback: number) => wholeNumber(z.int().min(1).max(100)).default(fallback)

/** A whole number in a query string, as `schema` bounds it. `0x10` and `1e1` are numbers to JavaScript, and none here. */
export function wholeNumber<T extends z.ZodType<number>>(schema: T) {
  return z.preprocess((text) => (/^\d{1,15}$/.test(String(text)) ? Number(text) : Number.NaN), schema)
}
