import type * as z from 'zod'
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
