import { describeInBrowser } from '@levels/shared/testing/browser.ts'
import { openHood } from '@levels/shared/testing/hood.ts'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { signIn } from '../support/push-page.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

describeInBrowser('under the hood of level 4', (browser) => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await startCluster({ PUSH_DELAY_MS: '1000' })
  })
  afterAll(() => cluster?.stop())

  it('draws both instances: what is posted to one crosses Redis to the page on the other', async () => {
    const alice = await browser.visit(cluster.app1, { viewport: { width: 1440, height: 900 } })
    await signIn(alice, 'alice')
    const hood = await openHood(alice)
    const bob = await browser.visit(cluster.app2)
    await signIn(bob, 'bob')
    const form = bob.locator('#send form')
    await form.getByLabel('To', { exact: true }).fill('alice')
    await form.getByLabel('Title', { exact: true }).fill('Lunch is ready')
    // The other instance tells what it does as soon as it has heard that somebody looks.
    await form.getByRole('button', { name: 'Send' }).click()

    await hood.draws(
      /other pages to app2: POST \/api\/notifications/,
      /app2 to MongoDB: inserted as number 4/,
      /app2 to Redis: published/,
      /Redis to app1: heard/,
      /app1 to this page: handed on, shown after/,
      /this page to app1: seen up to 4/,
      /MongoDB to app[12]: due/,
      /app[12] to MongoDB: claimed/,
    )
    expect(await hood.lanes()).toEqual(['this page', 'other pages', 'app1', 'app2', 'MongoDB', 'Redis'])
    if (process.env.SHOTS) await alice.screenshot({ path: `${process.env.SHOTS}/level-4.png` })
    expect(alice.problems).toEqual([])
  })
})
