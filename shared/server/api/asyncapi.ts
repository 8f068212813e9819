import type * as z from 'zod'
import { createJsonSchemas, type JsonSchema } from './schemas.ts'

/** The events of a Socket.IO server, by name. */
export interface SocketEvents {
  title: string
  /** What the server sends: the payload. */
  server: Record<string, z.ZodType>
  /** What a client sends: the payload, and the data of the acknowledgement. */
  client: Record<string, { payload: z.ZodType; answer: z.ZodType }>
  /** What a client brings when it connects (`auth`). */
  handshake: z.ZodType
}

/** The AsyncAPI 3.0 document of these events, made from the very schemas that validate them. */
export function asyncApiDocument({ title, server, client, handshake }: SocketEvents): object {
  const schemas = createJsonSchemas()
  const payloads = [
    ...Object.entries(server).map(([name, payload]) => [name, schemas.of(payload, 'output')] as const),
    ...Object.entries(client).map(([name, { payload }]) => [name, schemas.of(payload, 'input')] as const),
  ]
  const answers = Object.entries(client).map(
    ([name, { answer }]) => [acknowledgement(name), acknowledged(schemas.of(answer, 'output'))] as const,
  )
  const names = [...payloads, ...answers].map(([name]) => name)
  const auth = schemas.of(handshake, 'input')
  return {
    asyncapi: '3.0.0',
    info: {
      title: `${title}: socket events`,
      version: '1.0.0',
      description: 'Socket.IO 4 at /socket.io/. Every event of a client is acknowledged.',
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    channels: {
      socket: {
        address: '/socket.io/',
        description: 'One connection. `auth` of the handshake is in components.schemas.HandshakeAuth.',
        messages: byName(names, (name) => ({ $ref: `#/components/messages/${keyOf(name)}` })),
      },
    },
    operations: {
      ...byName(Object.keys(server), (name) => operation('send', name)),
      ...byName(Object.keys(client), (name) => ({
        ...operation('receive', name),
        reply: { channel: CHANNEL, messages: [message(acknowledgement(name))] },
      })),
    },
    components: {
      messages: Object.fromEntries(
        [...payloads, ...answers].map(([name, payload]) => [keyOf(name), { name, payload }]),
      ),
      schemas: { ...schemas.named, HandshakeAuth: auth },
    },
  }
}

const CHANNEL = { $ref: '#/channels/socket' }

function operation(action: 'send' | 'receive', name: string): object {
  return { action, channel: CHANNEL, messages: [message(name)] }
}

function message(name: string): object {
  return { $ref: `#/channels/socket/messages/${keyOf(name)}` }
}

function acknowledgement(name: string): string {
  return `${name}.acknowledgement`
}

/** What every acknowledgement looks like: the data, or a code for programs and a sentence for people. */
function acknowledged(data: JsonSchema): JsonSchema {
  const text = { type: 'string' }
  const error = { type: 'object', required: ['code', 'message'], properties: { code: text, message: text } }
  return {
    oneOf: [
      { type: 'object', required: ['ok', 'data'], properties: { ok: { const: true }, data } },
      { type: 'object', required: ['ok', 'error'], properties: { ok: { const: false }, error } },
    ],
  }
}

/** As a key of the document, which may hold letters, digits, `.`, `-` and `_`. */
function keyOf(name: string): string {
  return name.replaceAll(':', '.')
}

function byName<T>(names: string[], make: (name: string) => T): Record<string, T> {
  return Object.fromEntries(names.map((name) => [keyOf(name), make(name)]))
}
