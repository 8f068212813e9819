import { findBarriers } from '@levels/shared/testing/axe.ts'
import { describeInBrowser } from '@levels/shared/testing/browser.ts'
import { openHood } from '@levels/shared/testing/hood.ts'
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import webPush from 'web-push'
import { readConfig } from '../../src/config.ts'
import { signInByApi } from '../support/account.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { setVisible, signIn } from '../support/push-page.ts'
import { startStack } from '../support/stack.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

/** Retries come after seconds. */
const later = { timeout: 40_000 }

describeInBrowser('a practice phone', (browser) => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await startCluster({ PUSH_DELAY_MS: '300' })
  })
  afterAll(() => cluster?.stop())

  /** Somebody who has added a phone, and whose page nobody looks at. */
  async function phoneOf(name: string) {
    const page = await browser.visit(cluster.app1)
    await signIn(page, name)
    const phone = page.getByRole('region', { name: 'Practice phone' })
    await phone.getByRole('button', { name: 'Add a practice phone' }).click()
    await phone.getByText('No notifications').waitFor()
    await setVisible(page, false)
    const banners = async () => (await phone.locator('.banner b').allTextContents()).sort()
    return { name, page, phone, banners }
  }

  async function send(from: string, to: string, title: string) {
    const sender = await signInByApi(cluster.app2, from)
    await sender.call('POST', '/api/notifications', { to, title, message: 'Hello' })
  }

  it('gets what nobody has seen; the picture has the whole way, from one instance to the other and to the device', async () => {
    const alice = await browser.visit(cluster.app1, { viewport: { width: 1440, height: 900 } })
    await signIn(alice, 'alice')
    const phone = alice.getByRole('region', { name: 'Practice phone' })
    await phone.getByRole('button', { name: 'Add a practice phone' }).click()
    await phone.getByText('No notifications').waitFor()
    const hood = await openHood(alice)
    await setVisible(alice, false)
    await send('bob', 'alice', 'Lunch is ready')
    await phone.locator('.banner').getByText('Lunch is ready').waitFor()
    await phone.getByText(/^TTL: \d+\s+Urgency: \w+/).waitFor()
    expect(await phone.locator('dd').nth(2).textContent()).toMatch(/"aud": "https:\/\/localhost:\d+"/)
    expect(await phone.locator('dd').nth(3).textContent()).toMatch(/^[0-9a-f]{200,}$/)
    await setVisible(alice, true)
    await hood.draws(
      /other pages to app2: POST \/api\/notifications/,
      /app2 to MongoDB: inserted as number 4/,
      /app2 to Redis: published/,
      /Redis to app1: heard/,
      /app1 to this page: handed on, shown after/,
      /MongoDB to app[12]: due/,
      /app[12] to MongoDB: claimed/,
      /app[12] to push service: encrypted, signed/,
      /push service to app[12]: 201/,
      /push service to device: wakes the device/,
      /this page to app1: seen up to 4/,
    )
    expect((await hood.lanes()).join()).toBe(
      'this page,other pages,app1,app2,MongoDB,Redis,push service,device',
    )
    expect(await findBarriers(alice)).toEqual([])
    for (const width of [640, 390]) {
      await alice.setViewportSize({ width, height: 844 })
      const beside = await phone.getByRole('group', { name: 'What crossed' }).boundingBox()
      expect(beside?.width, `room for what crossed, at ${width} px`).toBeGreaterThan(200)
    }
    expect(await alice.getByRole('button', { name: /^Try it/ }).innerText()).toContain('Try it')
    expect(alice.problems).toEqual([])
  })

  it('shows in Deliveries what comes of every answer that its push service can give', async () => {
    const admin = await browser.visit(cluster.app2)
    await signIn(admin, 'admin')
    const deliveries = admin.getByRole('region', { name: 'Deliveries' })
    const shows = (words: RegExp) =>
      expect
        .poll(async () => {
          await deliveries.getByRole('button', { name: 'All' }).click()
          return (await deliveries.getByRole('listitem').allTextContents()).join('\n')
        })
        .toMatch(words)
    const [alice, bob] = [await phoneOf('alice'), await phoneOf('bob')]
    const answers = async ({ page, phone, name }: typeof alice, answer: string, title: string) => {
      const changed = page.waitForResponse((response) => response.request().method() === 'PUT')
      await phone.getByLabel('Its push service answers').selectOption(answer)
      await changed
      await send('admin', name, title)
      await phone.getByText(new RegExp(`^${answer} at \\d`)).waitFor()
    }

    await answers(bob, 'nothing', 'Into silence') // told after ten seconds
    await answers(alice, '429', 'Too many')
    await shows(/push to aliceretrying.*next at \d\d:\d\d:\d\d.*answered 429/)
    await answers(alice, '500', 'Broken')
    await shows(/push to aliceretrying.*next at \d\d:\d\d:\d\d.*answered 500/)
    await answers(alice, '201', 'At once')
    await expect.poll(() => alice.banners(), later).toEqual(['At once', 'Broken', 'Too many'])
    await answers(alice, '410', 'To nobody')
    await shows(/push to alicefailed.*1 attempt .*answered 410/)
    expect(await alice.banners()).toEqual(['At once', 'Broken', 'Too many'])

    await shows(/push to bobretrying.*no answer within 10 s/)
    expect([...alice.page.problems, ...bob.page.problems, ...admin.problems]).toEqual([])
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
