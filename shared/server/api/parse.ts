import * as z from 'zod'
import { HttpError } from '../http-error.ts'

/**
 * `input` as `schema` describes it; without a schema, nothing is looked at and undefined comes back.
 * Throws HttpError 400 `bad_payload` that names the field.
 */
export function parse<T>(schema: z.ZodType<T> | undefined, input: unknown): T
export function parse<T>(schema: z.ZodType<T> | undefined, input: unknown): T | undefined {
  if (!schema) return undefined
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const field = issue?.path.join('.')
  throw new HttpError(400, 'bad_payload', field ? `${field}: ${issue?.message}` : `${issue?.message}`)
}

/** How many items of a list are asked for in a query string: 1 to 100. */
export const pageLimit = (fallback: number) => wholeNumber(z.int().min(1).max(100)).default(fallback)

/** A whole number in a query string, as `schema` bounds it. `0x10` and `1e1` are numbers to JavaScript, and none here. */
export function wholeNumber<T extends z.ZodType<number>>(schema: T) {
  return z.preprocess((text) => (/^\d{1,15}$/.test(String(text)) ? Number(text) : Number.NaN), schema)
}
