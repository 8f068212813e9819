import { describeInBrowser } from '@levels/shared/testing/browser.ts'
import { openHood } from '@levels/shared/testing/hood.ts'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import webPush from 'web-push'
import { readConfig } from '../../src/config.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { setVisible, signIn } from '../support/push-page.ts'
import { startStack } from '../support/stack.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

describeInBrowser('a practice phone', (browser) => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await startCluster({ PUSH_DELAY_MS: '300' })
  })
  afterAll(() => cluster?.stop())

  async function send(page: Page, to: string, title: string): Promise<void> {
    const form = page.locator('#send form')
    await form.getByLabel('To', { exact: true }).fill(to)
    await form.getByLabel('Title', { exact: true }).fill(title)
    await form.getByRole('button', { name: 'Send' }).click()
    await form.getByText(/^Stored/).waitFor()
  }

  it('gets what nobody has seen, over the whole way of a push, and goes when its push service says 410', async () => {
    const alice = await browser.visit(cluster.app1, { viewport: { width: 1440, height: 900 } })
    await signIn(alice, 'alice')
    const phone = alice.getByRole('region', { name: 'Practice phone' })
    await phone.getByRole('button', { name: 'Add a practice phone' }).click()
    await phone.getByText('No notifications').waitFor()
    const hood = await openHood(alice)
    await setVisible(alice, false)
    const admin = await browser.visit(cluster.app2)
    await signIn(admin, 'admin')

    await send(admin, 'alice', 'Lunch is ready')
    await phone.locator('.banner').getByText('Lunch is ready').waitFor()
    await phone.getByText(/^TTL: \d+\s+Urgency: \w+/).waitFor()
    expect(await phone.locator('dd').nth(2).textContent()).toMatch(/"aud": "https:\/\/localhost:\d+"/)
    expect(await phone.locator('dd').nth(3).textContent()).toMatch(/^[0-9a-f]{200,}$/)
    await hood.draws(
      /other pages to app2: POST/,
      /MongoDB to app[12]: due/,
      /app[12] to MongoDB: claimed/,
      /app[12] to push service: encrypted, signed/,
      /push service to app[12]: 201/,
      /push service to device: wakes the device/,
    )
    expect(await hood.lanes()).toEqual([
      'this page',
      'other pages',
      'app1',
      'app2',
      'MongoDB',
      'Redis',
      'push service',
      'device',
    ])
    if (process.env.SHOTS) await alice.screenshot({ path: `${process.env.SHOTS}/phone-hood.png` })
    await hood.panel.getByRole('button', { name: 'Close under the hood' }).click()
    if (process.env.SHOTS) await phone.screenshot({ path: `${process.env.SHOTS}/phone.png` })

    await phone.getByLabel('Its push service answers').selectOption('410')
    await send(admin, 'alice', 'Lunch is cold')
    await phone.getByText(/^410 at/).waitFor()
    const deliveries = admin.getByRole('region', { name: 'Deliveries' })
    await deliveries.getByRole('button', { name: /^failed/ }).click()
    await deliveries.getByText(/answered 410/).waitFor()
    expect(await phone.locator('.banner').count()).toBe(1)
    expect(alice.problems).toEqual([])
  })

  it('is for people who are signed in', async () => {
    const response = await fetch(`${cluster.app1}/api/dev/phones`, { method: 'POST' })
    expect(response.status).toBe(401)
  })
})

it('production has no practice phone, takes no endpoint on this machine, and lets nobody look under the hood', async () => {
  const { pushAllowedHosts } = readConfig({})
  const jwtSecret = 'a secret of production, long enough'
  const stack = await startStack({
    settings: { production: true, cookieSecure: false, jwtSecret, pushAllowedHosts },
  })
  onTestFinished(() => stack.close())
  const { token } = await stack.register()
  const post = (path: string, body: object) =>
    fetch(stack.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  expect((await post('/api/dev/phones', { publicKey: 'x' })).status).toBe(404)
  expect((await fetch(`${stack.url}/under-the-hood`)).status).toBe(404)
  const { publicKey } = webPush.generateVAPIDKeys()
  const keys = { p256dh: publicKey, auth: Buffer.alloc(16).toString('base64url') }
  const refused = await post('/api/push/subscriptions', { endpoint: 'https://localhost:4433/phone/1', keys })
  expect([refused.status, (await refused.json()).code]).toEqual([400, 'endpoint_not_allowed'])
})
