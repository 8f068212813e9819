import { describeInBrowser } from '@levels/shared/testing/browser.ts'
import { openHood } from '@levels/shared/testing/hood.ts'
import { openLesson, predictAndBreak } from '@levels/shared/testing/lesson.ts'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type Account, signInByApi } from '../support/account.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { openPushPage, signIn } from '../support/push-page.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

describeInBrowser('two instances behind a balancer: the page', (browser) => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await startCluster({ PUSH_DELAY_MS: '300' })
  })
  afterAll(() => cluster?.stop())

  const sendTo = (sender: Account, to: string, title: string) =>
    sender.call('POST', '/api/notifications', { to, title, message: 'Hello' })

  /** Chromium subscribes over the internet. Here it does at the push service of a practice phone. */
  let ofPage = ''
  const service = {
    async subscribe({ applicationServerKey: publicKey = '' }) {
      const alice = await signInByApi(cluster.app2, 'alice', ofPage)
      const { body } = await alice.call('POST', '/api/dev/phones', { publicKey })
      return { ...body.subscription, setBehaviour: () => undefined }
    },
    messages: [],
  }

  it('ticks each step of "Try it" as one follows it, and says after each prediction how it really went', async () => {
    const { page: alice } = await openPushPage(browser, { url: cluster.balancer, service }, { clock: true })
    await signIn(alice, 'alice')
    ofPage = await alice.evaluate(() => navigator.userAgent) // alice has no other device so far
    const lesson = await openLesson(alice)
    const bob = await signInByApi(cluster.app2, 'bob')
    await sendTo(bob, 'alice', 'Lunch?')
    await lesson.ticks(1)

    const phone = alice.getByRole('region', { name: 'Practice phone' })
    await phone.getByRole('button', { name: 'Add a practice phone' }).click()
    await lesson.ticks(3)
    await phone.getByLabel('Its push service answers').selectOption('429')
    await lesson.ticks(4)
    await alice.getByRole('button', { name: 'Turn on push' }).click()
    await alice.getByText(/^On in this browser/).waitFor()
    await alice.getByRole('button', { name: 'Check', exact: true }).click()
    await lesson.ticks(5)
    await sendTo(bob, 'alice', 'You are here')
    await lesson.ticks(7)
    await signInByApi(cluster.app1, 'alice', 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0')
    await lesson.ticks(8)

    await predictAndBreak(alice, ['Cut the connection', 'Send twice', 'Send garbage', 'Expire my token'])
    await predictAndBreak(alice, ['Go offline 10 s'])
    await alice.clock.runFor(12_000) // ten seconds offline, and the longest delay
    await alice.getByRole('status').getByText('connected', { exact: true }).waitFor()
    await predictAndBreak(alice, ['Kill this instance'])
    await lesson.ticks(2)
    await alice.getByRole('button', { name: 'Replay my refresh token' }).click()
    await alice.getByRole('heading', { name: 'Sign in' }).waitFor()
    await signIn(alice, 'admin')
    await lesson.ticks(9)
  })

  it('moves to the other instance when its own is killed, misses nothing, and the picture shows who died', async () => {
    await expect
      .poll(async () => (await fetch(`${cluster.app1}/readyz`).catch(() => undefined))?.status)
      .toBe(200)
    await expect
      .poll(async () => (await fetch(`${cluster.app2}/readyz`).catch(() => undefined))?.status)
      .toBe(200)
    const page = await browser.visit(cluster.balancer)
    await signIn(page, 'alice')
    const name = page.locator('.instance-name')
    await expect.poll(() => name.textContent()).toMatch(/^app[12]$/)
    const before = (await name.textContent()) ?? ''
    const other = before === 'app1' ? 'app2' : 'app1'
    const sender = await signInByApi(other === 'app1' ? cluster.app1 : cluster.app2, 'bob')
    const hood = await openHood(page)
    await page.getByRole('button', { name: 'Kill this instance' }).evaluate((button) => {
      if (button instanceof HTMLElement) button.click() // it stands below the picture
    })
    await page.getByText(`${before} is dead, without a goodbye.`).waitFor()
    await sendTo(sender, 'alice', 'While it was dead')

    await page.getByText(`This page moved from ${before} to ${other}`).waitFor()
    const move = page.getByRole('banner').getByText(`${before} → ${other}`)
    await move.waitFor()
    await page.setViewportSize({ width: 640, height: 800 }) // two windows side by side
    const [said, wire] = [await move.boundingBox(), await page.locator('#wire').boundingBox()]
    expect((said?.y ?? 0) + (said?.height ?? 999)).toBeLessThanOrEqual(wire?.y ?? 0)
    await page.locator('#notifications').getByText('While it was dead').waitFor()
    await sendTo(sender, 'alice', 'Once it has moved') // what was stored on the way there, it may not have heard of
    await hood.draws(new RegExp(`${before} to ${before}: gone`), new RegExp(`${other} to MongoDB: inserted`))
    const texts = await page.locator('#notifications h3').allTextContents()
    expect(texts.filter((text) => text.includes('While it was dead'))).toHaveLength(1)
  })
})
