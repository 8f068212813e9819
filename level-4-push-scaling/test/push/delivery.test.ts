import { Types } from 'mongoose'
import { afterEach, expect, test } from 'vitest'
import { type Account, PASSWORD } from '../support/account.ts'
import { startPushStack } from '../support/push-stack.ts'
import { until } from '../support/until.ts'

// Long enough to read a notification before it is due, short enough to wait for.
const { service, stack } = await startPushStack({ settings: { pushDelayMs: 300 } })

afterEach(() => {
  service.messages.length = 0
  service.requests.length = 0
})

async function subscribe(account: Account) {
  const browser = service.subscribe()
  expect((await account.call('POST', '/api/push/subscriptions', browser)).status).toBe(201)
  return browser
}

async function notify(account: Account, content: object = {}): Promise<{ id: string; seq: number }> {
  const request = { to: 'me', title: 'Hello', message: 'World', ...content }
  const { status, body } = await account.call('POST', '/api/notifications', request)
  expect(status).toBe(201)
  return body
}

/** Resolves when it is decided that this notification goes nowhere (any more). */
function decided(id: string) {
  return until('decided', async () => {
    const stored = await stack.models.Notification.findById(id).lean()
    return stored?.channels?.push?.dueAt === undefined
  })
}

const received = () => service.messages.map(({ endpoint, plaintext }) => [endpoint, JSON.parse(plaintext).id])

test('someone whose page is closed gets one push, readable, with all that the worker needs', async () => {
  const alice = await stack.register()
  const browser = await subscribe(alice)
  const content = {
    type: 'order.shipped',
    title: 'On its way 📦',
    message: 'Your order has left the house.',
    actionUrl: '/orders/7',
  }
  const { id } = await notify(alice, content)
  const [message] = await service.waitForMessages(1)
  expect(message).toMatchObject({
    endpoint: browser.endpoint,
    ttl: 259_200,
    urgency: 'normal',
    topic: undefined,
  })
  const { type, title, message: words, actionUrl: url } = { ...content }
  expect(JSON.parse(message?.plaintext ?? '')).toEqual({
    id,
    seq: 1,
    type,
    title,
    message: words,
    url,
    unread: 1,
  })
})

test('what was seen, read or deleted in time is not pushed', async () => {
  const alice = await stack.register()
  const browser = await subscribe(alice)
  const seen = await notify(alice)
  await stack.models.User.updateOne({ _id: alice.userId }, { $set: { deliveredUpTo: seen.seq } })
  const read = await notify(alice)
  await alice.call('PATCH', `/api/notifications/${read.id}`, { read: true })
  const deleted = await notify(alice)
  await alice.call('DELETE', `/api/notifications/${deleted.id}`)
  const last = await notify(alice)
  await service.waitForMessages(1)
  for (const { id } of [seen, read]) await decided(id)
  expect(received()).toEqual([[browser.endpoint, last.id]])
  expect(await stack.deliveries.model.countDocuments({ userId: alice.userId })).toBe(1)
})

test('what is seen while it waits for another attempt is not pushed any more', async () => {
  const alice = await stack.register()
  const browser = await subscribe(alice)
  browser.setBehaviour({ answer: 500 }, { answer: 201 })
  const { seq } = await notify(alice)
  await until('the first attempt', () => service.requests.length === 1)
  await stack.models.User.updateOne({ _id: alice.userId }, { $set: { deliveredUpTo: seq } })
  await until('it was cancelled', () =>
    stack.deliveries.model.exists({ userId: alice.userId, state: 'cancelled' }),
  )
  expect(service.requests).toHaveLength(1)
})

test('a deleted account or a user without browsers holds nothing up', async () => {
  const [alice, bob] = [await stack.register(), await stack.register()]
  const nowhere = await notify(alice)
  const orphan = await notify(bob)
  await stack.models.User.deleteOne({ _id: bob.userId })
  await Promise.all([nowhere, orphan].map(({ id }) => decided(id)))
  expect(service.requests).toEqual([])
})

test('a decision that is made twice, because the first instance died in between, sends nothing twice', async () => {
  const alice = await stack.register()
  await subscribe(alice)
  const { id } = await notify(alice)
  await service.waitForMessages(1)
  await decided(id)
  await stack.models.Notification.updateOne({ _id: id }, { $set: { 'channels.push.dueAt': new Date() } })
  const last = await notify(alice) // when it is due, both are
  await decided(id)
  await service.waitForMessages(2)
  expect(received().map(([, pushed]) => pushed)).toEqual([id, last.id])
})

test('a push for a browser that has changed hands is not shown to its new user', async () => {
  const [alice, bob] = [await stack.register(), await stack.register()]
  const browser = await subscribe(alice)
  browser.setBehaviour({ answer: 500 }, { answer: 201 })
  await notify(alice, { title: 'For Alice only' })
  await until('the first attempt', () => service.requests.length === 1)
  await bob.call('POST', '/api/push/subscriptions', browser)
  await until('it was cancelled', () =>
    stack.deliveries.model.exists({ userId: alice.userId, state: 'cancelled' }),
  )
  expect(service.messages).toEqual([])
})

test('a type that the user has turned off for push is not pushed; the others are, and everything is in the log', async () => {
  const alice = await stack.register()
  await subscribe(alice)
  const off = { socket: [], push: ['promotion'], email: [] }
  expect((await alice.call('PUT', '/api/preferences', { off })).status).toBe(200)
  await decided((await notify(alice, { type: 'promotion' })).id)
  const { id } = await notify(alice)
  await service.waitForMessages(1)
  expect(received().map(([, pushed]) => pushed)).toEqual([id])
  expect((await alice.call('GET', '/api/notifications')).body.items).toHaveLength(2)
})

test('whoever wants quiet for a while gets no push meanwhile, but for what tells of a stranger', async () => {
  const alice = await stack.register()
  await subscribe(alice)
  const mutedUntil = new Date(Date.now() + 3_600_000).toISOString()
  expect((await alice.call('PUT', '/api/preferences', { mutedUntil })).status).toBe(200)
  await decided((await notify(alice)).id)
  const alarm = await notify(alice, { type: 'account' })
  await service.waitForMessages(1)
  expect(received().map(([, pushed]) => pushed)).toEqual([alarm.id])
})

test('with the account go its browsers and what was on its way to them', async () => {
  const alice = await stack.register()
  await subscribe(alice)
  await notify(alice)
  await service.waitForMessages(1)
  const leaving = await alice.call('DELETE', '/api/auth/me', { password: PASSWORD })
  expect(leaving.status).toBe(204)
  const of = { userId: new Types.ObjectId(alice.userId) }
  await until('nothing of it is left', async () => {
    const browsers = await stack.models.User.db.collection('pushsubscriptions').countDocuments(of)
    return browsers === 0 && (await stack.deliveries.model.countDocuments(of)) === 0
  })
})
