import { expect, test } from 'vitest'
import { deliveryPage, deliveryStats } from '../../src/events.ts'
import { startPushStack } from '../support/push-stack.ts'
import { until } from '../support/until.ts'

const { service, stack } = await startPushStack({
  settings: { pushDelayMs: 0, metricsToken: 'for prometheus' },
})
const { host } = new URL(service.origin)
const admin = await stack.register({ role: 'admin' })

const path = '/api/admin/deliveries'

/** A user with one delivery, which ended so. */
async function deliveryThat(ends: 'sent' | 'failed') {
  const user = await stack.register()
  const browser = service.subscribe()
  await user.call('POST', '/api/push/subscriptions', browser)
  browser.setBehaviour({ answer: ends === 'sent' ? 201 : 403 })
  await user.call('POST', '/api/notifications', { to: 'me', title: 'Hello', message: 'World' })
  const item = await until(`a delivery is ${ends}`, async () => {
    const { body } = await admin.call('GET', `${path}?state=${ends}`)
    return body.items.find((one: { user: string }) => one.user === user.username)
  })
  return { user, browser, item }
}

test('admins see what has failed, for whom, at which service and why', async () => {
  const { user, item } = await deliveryThat('failed')
  expect(item).toMatchObject({
    channel: 'push',
    user: user.username,
    service: host,
    state: 'failed',
    attempts: 1,
    lastError: `${host} answered 403`,
    nextAttemptAt: null,
    test: false,
  })
})

test('a failed delivery is tried again when an admin asks, and then it arrives', async () => {
  const { browser, item } = await deliveryThat('failed')
  browser.setBehaviour({ answer: 201 })
  const before = service.messages.length
  const retried = await admin.call('POST', `${path}/${item.id}/retry`)
  expect(retried).toMatchObject({ status: 202, body: { id: item.id, state: 'pending', attempts: 0 } })
  await service.waitForMessages(before + 1)
  await until('it is written down', async () => {
    const { body } = await admin.call('GET', `${path}?state=sent`)
    return body.items.some(({ id }: { id: string }) => id === item.id)
  })
})

test('what was sent is not sent again', async () => {
  const { item } = await deliveryThat('sent')
  expect(await admin.call('POST', `${path}/${item.id}/retry`)).toMatchObject({
    status: 409,
    body: { code: 'not_retryable' },
  })
})

test('pages through all of them, newest first, with a count of what is open', async () => {
  await deliveryThat('sent')
  await deliveryThat('failed')
  const ids: string[] = []
  let before = ''
  do {
    const { body } = await admin.call('GET', `${path}?limit=2${before}`)
    ids.push(...body.items.map(({ id }: { id: string }) => id))
    before = body.nextBefore && `&before=${body.nextBefore}`
  } while (before)
  const all = await stack.deliveries.model.find().sort({ _id: -1 }).lean()
  expect(ids).toEqual(all.map(({ _id }) => String(_id)))
  const { counts } = deliveryPage.parse((await admin.call('GET', path)).body)
  const failed = all.filter(({ state }) => state === 'failed').length
  expect(counts).toEqual({ pending: 0, retrying: 0, failed })
})

test('the last day in numbers: sent and failed by channel and hour, the delays, the oldest that waits', async () => {
  await deliveryThat('sent')
  await deliveryThat('failed')
  const { model } = stack.deliveries
  const waiting = await model.findOne({ state: 'sent' }).orFail()
  const minuteAgo = new Date(Date.now() - 60_000)
  await model.updateOne({ _id: waiting._id }, { $set: { state: 'retrying', createdAt: minuteAgo } })
  const stats = deliveryStats.parse((await admin.call('GET', `${path}/stats`)).body)
  const [push] = stats.channels
  const count = (state: 'sent' | 'failed') => model.countDocuments({ state })
  expect(push).toMatchObject({
    channel: 'push',
    sent: await count('sent'),
    failed: await count('failed'),
    pending: 1,
  })
  expect(push?.medianDelayMs).toBeGreaterThanOrEqual(0)
  expect(push?.p95DelayMs).toBeGreaterThanOrEqual(push?.medianDelayMs ?? 0)
  expect(stats.oldestPendingMs).toBeGreaterThanOrEqual(60_000)
  expect(stats.hours.reduce((sum, { sent }) => sum + sent, 0)).toBe(push?.sent)
  expect(Date.parse(stats.hours[0]?.hour ?? '') % 3_600_000).toBe(0)
})

test('Prometheus reads them with its token only', async () => {
  const scrape = (authorization?: string) =>
    fetch(`${stack.url}/metrics`, { headers: authorization ? { authorization } : {} })
  expect((await scrape()).status).toBe(401)
  expect((await scrape(`Bearer ${admin.token}`)).status).toBe(401)
  const answer = await scrape('Bearer for prometheus')
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain/)
  const text = await answer.text()
  expect(text).toMatch(/^deliveries_last_day\{channel="push",state="failed"\} \d+$/m)
  expect(text).toMatch(/^delivery_delay_seconds\{channel="push",quantile="0.95"\} [\d.]+$/m)
  expect(text).toMatch(/^sockets_connected 0$/m)
})

test('a demoted admin is one at once: the token still says admin, the database decides', async () => {
  const former = await stack.register({ role: 'admin' })
  expect((await former.call('GET', path)).status).toBe(200)
  await stack.models.User.updateOne({ _id: former.userId }, { $set: { role: 'user' } })
  expect((await former.call('GET', path)).status).toBe(403)
})

test.each([
  ['?state=lost', 400],
  ['?limit=0', 400],
  ['?before=7', 400],
])('%s is refused', async (query, status) => {
  expect(await admin.call('GET', path + query)).toMatchObject({ status, body: { code: 'bad_payload' } })
})

test('an id that is none, and one of nothing', async () => {
  expect((await admin.call('POST', `${path}/7/retry`)).status).toBe(400)
  expect((await admin.call('POST', `${path}/0123456789abcdef01234567/retry`)).status).toBe(404)
})

test('others see nothing', async () => {
  const user = await stack.register()
  expect(await user.call('GET', path)).toMatchObject({ status: 403, body: { code: 'admins_only' } })
  expect((await user.call('POST', `${path}/0123456789abcdef01234567/retry`)).status).toBe(403)
  expect((await user.call('GET', `${path}/stats`)).status).toBe(403)
})
