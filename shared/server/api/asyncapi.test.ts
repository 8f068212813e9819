import { expect, it } from 'vitest'
import * as z from 'zod'
import { asyncApiDocument } from './asyncapi.ts'

const item = z.strictObject({ id: z.string() }).meta({ id: 'Item' })

it('names each event, in its direction, with its payload and its acknowledgement', () => {
  const document = asyncApiDocument({
    title: 'Things',
    server: { 'item:new': item },
    client: { 'item:fetch': { payload: z.strictObject({ id: z.string() }), answer: item } },
    handshake: z.object({ token: z.string() }),
  })
  const refersTo = (key: string) => ({ $ref: `#/channels/socket/messages/${key}` })
  expect(document).toMatchObject({
    asyncapi: '3.0.0',
    operations: {
      'item.new': { action: 'send', messages: [refersTo('item.new')] },
      'item.fetch': {
        action: 'receive',
        messages: [refersTo('item.fetch')],
        reply: { messages: [refersTo('item.fetch.acknowledgement')] },
      },
    },
    components: {
      messages: {
        'item.new': { name: 'item:new', payload: { $ref: '#/components/schemas/Item' } },
        'item.fetch': { name: 'item:fetch', payload: { required: ['id'] } },
      },
      schemas: { Item: { type: 'object' }, HandshakeAuth: { required: ['token'] } },
    },
  })
})

it('refers to nothing that it does not have', () => {
  const client = { 'item:fetch': { payload: z.strictObject({}), answer: z.array(item) } }
  const made = asyncApiDocument({ title: 'Things', server: {}, client, handshake: z.object({}) })
  const text = JSON.stringify(made)
  for (const [, reference = ''] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    const found = reference
      .split('/')
      .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], made)
    expect(found, reference).toBeDefined()
  }
})
