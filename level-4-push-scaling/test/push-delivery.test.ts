import { type PushService, startPushService } from '@levels/shared/testing/push-service.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Stack, startStack } from './support/stack.ts'

let service: PushService
let stack: Stack

beforeAll(async () => {
  service = await startPushService()
  stack = await startStack({ settings: { pushCaFile: service.caFile } })
})
afterAll(async () => {
  await stack.close()
  await service.close()
})

test('someone whose page is closed gets one push, readable, with all that the worker needs', async () => {
  const alice = await stack.register()
  const browser = service.subscribe()
  const saved = await alice.call('POST', '/api/push/subscriptions', browser)
  expect(saved).toMatchObject({ status: 201, body: { endpoint: browser.endpoint, current: true } })
  const sent = await alice.call('POST', '/api/notifications', {
    to: 'me',
    type: 'order.shipped',
    title: 'On its way 📦',
    message: 'Your order has left the house.',
    actionUrl: '/orders/7',
  })
  const [message] = await service.waitForMessages(1)
  expect(message).toMatchObject({ endpoint: browser.endpoint, ttl: 259_200, urgency: 'normal' })
  expect(JSON.parse(message?.plaintext ?? '')).toEqual({
    id: sent.body.id,
    seq: 1,
    type: 'order.shipped',
    title: 'On its way 📦',
    message: 'Your order has left the house.',
    url: '/orders/7',
    unread: 1,
  })
})
