import * as z from 'zod'

export type JsonSchema = Record<string, unknown>

/**
 * JSON Schemas of zod schemas, for documents (OpenAPI, AsyncAPI). A schema with `.meta({ id: 'User' })` stands once, in
 * `named`, and is referred to by its name.
 */
export function createJsonSchemas() {
  const named: Record<string, JsonSchema> = {}

  /** `io`: the schema of what comes in, or of what goes out (they differ where there are defaults and transforms). */
  function of(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const made = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
    const { $schema: _, $defs = {}, ...own } = moveReferences(made) as JsonSchema & { $defs?: typeof named }
    for (const [id, definition] of Object.entries($defs)) named[id] = withoutId(definition)
    if (typeof own.id !== 'string') return own
    named[own.id] = withoutId(own)
    return { $ref: `#/components/schemas/${own.id}` }
  }

  return { named, of }
}

/** zod refers to `#/$defs/User`; both documents keep their schemas under `components`. */
function moveReferences(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', '"#/components/schemas/'))
}

function withoutId({ id: _, ...schema }: JsonSchema): JsonSchema {
  return schema
}
