import { findBarriers } from '@levels/shared/testing/axe.ts'
import { describeInBrowser } from '@levels/shared/testing/browser.ts'
import { openHood } from '@levels/shared/testing/hood.ts'
import { expect, it } from 'vitest'
import { say, startInDevelopment, visitAs } from './support/page.ts'

describeInBrowser('under the hood of level 2', (browser) => {
  it('draws a message, its copies, and the acknowledgement; and what is for somebody who is not here', async () => {
    const { url, enter } = await startInDevelopment()
    const alice = await visitAs(browser, url, 'alice')
    await enter('bob')
    const hood = await openHood(alice)
    await say(alice, 'hello')
    await hood.draws(
      /this page to level-2: message:send/,
      /level-2 to this page: emitted, shown after/,
      /level-2 to other pages: emitted to 1/,
      /level-2 to this page: acknowledged/,
    )
    expect(await hood.lanes()).toEqual(['this page', 'other pages', 'level-2'])
    expect(await findBarriers(alice)).toEqual([])

    await fetch(`${url}/notify`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: 'Lunch is ready', to: 'carol' }),
    })
    await hood.draws(/other pages to level-2: POST \/notify/, /level-2 to other pages: 404/)
    expect(alice.problems).toEqual([])
  })
})
