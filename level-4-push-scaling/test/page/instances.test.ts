import { describeInBrowser } from '@levels/shared/testing/browser.ts'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { signIn } from '../support/push-page.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

describeInBrowser('behind the balancer, the page', (browser) => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await startCluster()
  })
  afterAll(() => cluster?.stop())

  it('moves to the other instance when its own is killed, and misses nothing', async () => {
    const page = await browser.visit(cluster.balancer)
    await signIn(page, 'alice')
    const name = page.locator('.instance-name')
    await expect.poll(() => name.textContent()).toMatch(/^app[12]$/)
    const before = await name.textContent()
    const other = before === 'app1' ? 'app2' : 'app1'
    const sender = await browser.visit(other === 'app1' ? cluster.app1 : cluster.app2)
    await signIn(sender, 'bob')
    await page.getByRole('button', { name: 'Kill this instance' }).click()
    await page.getByText(`${before} is dead, without a goodbye.`).waitFor()

    const form = sender.locator('#send form')
    await form.getByLabel('To', { exact: true }).fill('alice')
    await form.getByLabel('Title', { exact: true }).fill('While it was dead')
    await form.getByRole('button', { name: 'Send' }).click()
    await form.getByText(/^Stored as number 4/).waitFor()

    await page.getByText(`This page moved from ${before} to ${other}`).waitFor()
    await page.getByRole('banner').getByText(`${before} → ${other}`).waitFor()
    await page.locator('#notifications').getByText('While it was dead').waitFor()
    expect(await page.locator('#notifications > li').count()).toBe(4)
  })
})
