import type { Log } from '@levels/shared/server/log.ts'
import type { PushService } from '@levels/shared/testing/push-service.ts'
import { afterEach, expect, test } from 'vitest'
import type { DeliveryState } from '../../src/events.ts'
import type { Account } from '../support/account.ts'
import { startPushStack } from '../support/push-stack.ts'
import { until } from '../support/until.ts'

const logged: string[] = []
const keep = (message: string) => void logged.push(message)
const log: Log = { debug: keep, info: keep, warn: keep, error: keep }

const { service, stack } = await startPushStack({ settings: { pushDelayMs: 0 }, log })
const { host } = new URL(service.origin)

afterEach(() => {
  service.messages.length = 0
  service.requests.length = 0
  logged.length = 0
})

/** A user with one browser, whose push service behaves so. */
async function userWith(...behaviours: Parameters<ReturnType<PushService['subscribe']>['setBehaviour']>) {
  const user = await stack.register()
  const browser = service.subscribe()
  await user.call('POST', '/api/push/subscriptions', browser)
  browser.setBehaviour(...behaviours)
  return { user, browser }
}

const notify = (user: Account) =>
  user.call('POST', '/api/notifications', { to: 'me', title: 'Hello', message: 'World' })

/** The user's only delivery, once it is in this state. */
function deliveryOf({ userId }: Account, state: DeliveryState) {
  return until(
    `a delivery is ${state}`,
    async () => await stack.deliveries.model.findOne({ userId, state }).lean(),
  )
}

async function subscriptionsOf(user: Account) {
  return (await user.call('GET', '/api/push/subscriptions')).body.items
}

test.each([404, 410])('%d: the subscription is deleted, and nothing is tried again', async (answer) => {
  const { user } = await userWith({ answer })
  await notify(user)
  expect(await deliveryOf(user, 'failed')).toMatchObject({
    attempts: 1,
    lastError: `${host} answered ${answer}`,
  })
  expect(await subscriptionsOf(user)).toEqual([])
  expect(service.requests).toHaveLength(1)
})

test('after six attempts it has failed, and the subscription is still there', async () => {
  const { user } = await userWith({ answer: 500 })
  await notify(user)
  const { _id } = await deliveryOf(user, 'retrying')
  await stack.deliveries.model.updateOne({ _id }, { $set: { attempts: 5, nextAttemptAt: new Date() } })
  stack.deliveries.wake()
  const failed = await deliveryOf(user, 'failed')
  expect(failed).toMatchObject({ attempts: 6, lastError: `${host} answered 500` })
  expect(failed.nextAttemptAt).toBeUndefined()
  expect(await subscriptionsOf(user)).toHaveLength(1)
})

test.each([400, 401, 403])(
  '%d: the subscription stays, and the log names what to check, once',
  async (answer) => {
    const { user, browser } = await userWith({ answer })
    await notify(user)
    await deliveryOf(user, 'failed')
    await notify(user)
    await until(
      'both failed',
      async () =>
        (await stack.deliveries.model.countDocuments({ userId: user.userId, state: 'failed' })) === 2,
    )
    expect(await subscriptionsOf(user)).toHaveLength(1)
    const told = logged.filter((line) => line.includes(`${host} rejects this server (${answer})`))
    expect(told).toHaveLength(1)
    expect(told[0]).toMatch(/VAPID_PUBLIC_KEY.*VAPID_SUBJECT/)
    const secrets = [new URL(browser.endpoint).pathname, browser.keys.auth, browser.keys.p256dh]
    for (const secret of secrets) expect(logged.join('\n')).not.toContain(secret)
  },
)

test('413: failed for good, nothing deleted', async () => {
  const { user } = await userWith({ answer: 413 })
  await notify(user)
  expect(await deliveryOf(user, 'failed')).toMatchObject({ attempts: 1, lastError: `${host} answered 413` })
  expect(await subscriptionsOf(user)).toHaveLength(1)
})

test('a service that never answers delays nobody else', async () => {
  const { user: unlucky, browser } = await userWith({ answer: 'hang' })
  const { user: lucky } = await userWith({ answer: 201 })
  await notify(unlucky)
  await until('it hangs', () => service.requests.some(({ endpoint }) => endpoint === browser.endpoint))
  await notify(lucky)
  await service.waitForMessages(1)
  expect(await deliveryOf(unlucky, 'pending')).toMatchObject({ attempts: 0 })
})

test('an endpoint that is not on the list any more is not called', async () => {
  const { user } = await userWith({ answer: 201 })
  await stack.models.User.db
    .model('PushSubscription')
    .updateOne({ userId: user.userId }, { $set: { endpoint: 'https://127.0.0.1/' } })
  await notify(user)
  expect((await deliveryOf(user, 'failed')).lastError).toContain('not an IP address')
})
