import * as z from 'zod'
import { problemSchema } from './problem.ts'
import type { DefinedRoute } from './route.ts'
import { createJsonSchemas, type JsonSchema } from './schemas.ts'

type Schemas = ReturnType<typeof createJsonSchemas>

/** What an access needs, by the names of the security schemes below. */
const security: Record<DefinedRoute['access'], object[]> = {
  public: [],
  'own-page': [{ refreshCookie: [] }],
  user: [{ accessToken: [] }],
  admin: [{ accessToken: [] }],
  program: [{ accessToken: [] }, { publishKey: [] }],
}

const securitySchemes = {
  accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
  publishKey: { type: 'http', scheme: 'bearer', description: 'A key made with POST /api/keys' },
  refreshCookie: {
    type: 'apiKey',
    in: 'cookie',
    name: 'refresh_token',
    description: 'Set by register and login. No script can read it.',
  },
}

/** Problems that follow from what a route takes. */
const usualProblems: [status: number, when: string, applies: (route: DefinedRoute) => unknown][] = [
  [400, 'Something in the request is not as described', () => true],
  [401, 'Not signed in, or not any more', ({ access }) => access !== 'public'],
  [403, 'Not allowed', ({ access }) => access === 'admin' || access === 'own-page'],
  [404, 'There is no such thing', ({ params }) => params],
  [413, 'The body is too large', ({ body }) => body],
  [415, 'The body is not JSON', ({ body, bodyType }) => body && bodyType !== 'text'],
  [422, 'The Idempotency-Key was used for another request', ({ headers }) => headers],
  [429, 'Too many: try again after Retry-After', ({ method }) => method !== 'get'],
  [503, 'Busy, or the database is away: try again after Retry-After', () => true],
]

/** The OpenAPI 3.1 document of these routes, made from the very schemas that validate their requests. */
export function openApiDocument(routes: readonly DefinedRoute[], title: string): object {
  const schemas = createJsonSchemas()
  const problem = schemas.of(problemSchema, 'output')
  const paths: Record<string, Record<string, object>> = {}
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method]: operation(route, schemas, problem) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title,
      version: '1.0.0',
      description: 'Errors are problem documents (RFC 9457) with a `code`.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The server this document comes from' }],
    tags: [...new Set(routes.map(tagOf))].map((name) => ({ name, description: `Below /api/${name}` })),
    paths,
    components: { securitySchemes, schemas: schemas.named },
  }
}

function operation(route: DefinedRoute, schemas: Schemas, problem: JsonSchema): object {
  const { method, path, summary, access, params, query, headers, body, bodyType, status, answer } = route
  const content = body && { schema: schemas.of(body, 'input') }
  const ownPage = z.object({ 'x-requested-with': z.literal('fetch') })
  return {
    summary,
    operationId: [method, ...(path.match(/\w+/g) ?? []).slice(1)].join('_'),
    tags: [tagOf(route)],
    security: security[access],
    parameters: [
      ...parameters('path', params, schemas),
      ...parameters('query', query, schemas),
      ...parameters('header', headers, schemas),
      ...parameters('header', access === 'own-page' ? ownPage : undefined, schemas),
    ],
    ...(content && {
      requestBody: {
        required: true,
        content: { 'application/json': content, ...(bodyType === 'text' && { 'text/plain': textOnly }) },
      },
    }),
    responses: {
      [status]: {
        description: 'Done',
        ...(answer && { content: { 'application/json': { schema: schemas.of(answer, 'output') } } }),
      },
      ...problems(route, problem),
    },
  }
}

const textOnly = { schema: { type: 'string' } }

function problems(route: DefinedRoute, schema: JsonSchema): object {
  const usual = usualProblems.flatMap(([status, when, applies]) => (applies(route) ? [[status, when]] : []))
  const all = { ...Object.fromEntries(usual), ...route.problems }
  return Object.fromEntries(
    Object.entries(all).map(([status, description]) => [
      status,
      { description, content: { 'application/problem+json': { schema } } },
    ]),
  )
}

interface ObjectSchema {
  properties?: Record<string, JsonSchema>
  required?: string[]
}

function parameters(
  place: 'path' | 'query' | 'header',
  schema: z.ZodType | undefined,
  schemas: Schemas,
): object[] {
  if (!schema) return []
  const written: ObjectSchema = schemas.of(schema, 'input')
  // All of them are text on the way; a program wants to know what the text means: a number from 1 to 100, say.
  const meant: ObjectSchema = schemas.of(schema, 'output')
  return Object.entries(written.properties ?? {}).map(([name, asWritten]) => {
    const asMeant = meant.properties?.[name] ?? {}
    const { description, ...property } = 'type' in asMeant ? asMeant : asWritten
    return {
      name: place === 'header' ? name.replace(/(^|-)\w/g, (start) => start.toUpperCase()) : name,
      in: place,
      required: place === 'path' || (written.required?.includes(name) ?? false),
      ...(description !== undefined && { description }),
      schema: property,
    }
  })
}

/** `/api/notifications/:id` is about notifications. */
function tagOf({ path }: DefinedRoute): string {
  return path.split('/')[2] ?? ''
}
