import { describeInBrowser } from '@levels/shared/testing/browser.ts'
import { openLesson, predictAndBreak } from '@levels/shared/testing/lesson.ts'
import { it } from 'vitest'
import { join, say, startWithPage, visitAs } from './support/page.ts'

describeInBrowser('the lesson of level 2', (browser) => {
  it('ticks each step of "Try it" as one follows it, and says after each prediction how it really went', async () => {
    const { url } = await startWithPage()
    const alice = await visitAs(browser, url, 'alice', { clock: true })
    const lesson = await openLesson(alice)
    await lesson.ticks(1)
    const bob = await visitAs(browser, url, 'bob')
    await say(alice, 'hello')
    await lesson.ticks(2)
    await join(alice, 'tea')
    await alice.getByRole('group', { name: 'Conversations' }).getByRole('button', { name: /tea/ }).click()
    await say(alice, 'to the room')
    await alice.locator('#people').getByRole('button', { name: 'bob' }).click()
    await say(alice, 'to bob alone')
    await lesson.ticks(3)
    const tab = await browser.newTab(alice, url)
    await lesson.ticks(4)
    await tab.close()
    await fetch(`${url}/notify`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: 'Lunch is ready', to: 'alice' }),
    })
    await lesson.ticks(6)
    await bob.close()
    await lesson.ticks(5)
    await predictAndBreak(alice, [
      'Cut the connection',
      'Send twice',
      'Send 100 at once',
      'Send garbage',
      'Send 70 KiB',
      'Go offline 10 s',
    ])
    await lesson.ticks(7)
  })
})
