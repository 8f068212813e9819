import { findBarriers } from '@levels/shared/testing/axe.ts'
import { describeInBrowser } from '@levels/shared/testing/browser.ts'
import { expect, it } from 'vitest'
import { newUser, openPushPage, pageStackForAll, setVisible, signIn } from '../support/push-page.ts'

describeInBrowser('the deliveries, on the page of level 4,', (browser) => {
  const stack = pageStackForAll()

  it('are for admins only: they show what failed and why, and can be tried again; without a barrier that axe-core knows', async () => {
    const user = await newUser(stack())
    const { page, subscriptions } = await openPushPage(browser, stack())
    await signIn(page, user)
    await page.getByRole('button', { name: 'Turn on push' }).click()
    await page.getByText(/^On in this browser/).waitFor()
    expect(await page.getByRole('region', { name: 'Deliveries' }).count()).toBe(0)
    subscriptions[0]?.setBehaviour({ answer: 403 }, { answer: 201 })
    await setVisible(page, false)
    const { _id } = (await stack().models.User.findOne({ username: user }).lean()) ?? {}
    await stack().server.publish([
      { userId: String(_id), type: 'system', title: 'Late', message: 'Or never' },
    ])

    const { page: admin, subscriptions: ofAdmin } = await openPushPage(browser, stack())
    await signIn(admin, await newUser(stack(), 'admin'))
    const deliveries = admin.getByRole('region', { name: 'Deliveries' })
    await deliveries.getByRole('button', { name: /^failed/ }).click()
    await deliveries.getByRole('img', { name: /^Deliveries by hour: [1-9]\d* in 24 hours/ }).waitFor()
    await deliveries.getByRole('row').filter({ hasText: 'push' }).waitFor()
    const line = deliveries.getByRole('listitem').filter({ hasText: `push to ${user}` })
    await line.getByText(/answered 403$/).waitFor() // not the port
    await line.getByText('failed', { exact: true }).waitFor()

    // Everything that the page can have, all at once.
    await admin.getByRole('button', { name: 'Turn on push' }).click()
    await admin.getByText(/^On in this browser/).waitFor()
    ofAdmin[0]?.setBehaviour({ answer: 403 })
    await admin.getByRole('button', { name: 'Check', exact: true }).click()
    await admin.getByText(/^Broken at “push service accepted”/).waitFor()
    expect(await findBarriers(admin)).toEqual([])

    await line.getByRole('button', { name: `Try again: push to ${user}` }).click()
    await expect
      .poll(
        async () => {
          await deliveries.getByRole('button', { name: 'sent' }).click()
          return line.count()
        },
        { timeout: 30_000, interval: 500 },
      )
      .toBe(1)
    expect([...page.problems, ...admin.problems]).toEqual([])
  })
})
