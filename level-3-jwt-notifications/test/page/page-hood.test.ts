import { describeInBrowser } from '@levels/shared/testing/browser.ts'
import { openHood } from '@levels/shared/testing/hood.ts'
import { expect, it } from 'vitest'
import { newUser, pageServerForAll, send, signIn } from '../support/page.ts'

describeInBrowser('under the hood of level 3', (browser) => {
  const server = pageServerForAll({ inDevelopment: true })

  it('draws the way of one notification: posted, inserted, emitted, answered, seen', async () => {
    const page = await signIn(browser, server(), await newUser(server()))
    const hood = await openHood(page)
    await send(page, { to: 'me', title: 'Lunch is ready' })

    await hood.draws(
      /this page to level-3: POST \/api\/notifications/,
      /level-3 to MongoDB: inserted as number 1/,
      /level-3 to this page: emitted, shown after \d+ ms/,
      /this page to level-3: seen up to 1/,
    )
    await hood.draws(/level-3 to MongoDB: inserted/, /level-3 to this page: 201/)
    expect(await hood.lanes()).toEqual(['this page', 'level-3', 'MongoDB'])
    await hood.panel.getByRole('img', { name: /inserted as number 1/ }).focus()
    await hood.panel
      .locator('.detail .where')
      .getByText(/log\/log\.ts:\d+ insertInOrder/)
      .waitFor()
    await hood.panel.locator('.detail pre').getByText('Lunch is ready').waitFor()
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/level-3.png` })
    expect(page.problems).toEqual([])
  })

  it('draws a cross where nobody is connected, and the log still has it', async () => {
    const absent = await newUser(server())
    const page = await signIn(browser, server(), await newUser(server()))
    const hood = await openHood(page)
    await send(page, { to: absent, title: 'Are you there?' })
    await hood.draws(/MongoDB: inserted as number 1/, /emitted to 0 sockets \(lost\)/)
    expect(page.problems).toEqual([])
  })
})
