import { describeInBrowser } from '@levels/shared/testing/browser.ts'
import { openLesson, predictAndBreak } from '@levels/shared/testing/lesson.ts'
import { it } from 'vitest'
import {
  connected,
  newUser,
  notify,
  pageServerForAll,
  send,
  signIn,
  signInElsewhere,
} from '../support/page.ts'

describeInBrowser('the lesson of level 3', (browser) => {
  const server = pageServerForAll()

  it('ticks each step of "Try it" as one follows it, and says after each prediction how it really went', async () => {
    const alice = await newUser(server())
    await signInElsewhere(server(), alice)
    const page = await signIn(browser, server(), alice, { clock: true })
    const lesson = await openLesson(page)

    await send(page, { title: 'Lunch?' })
    await lesson.ticks(1)
    await page.getByRole('button', { name: 'Go offline 10 s' }).click()
    await notify(server(), alice, {}, {})
    await page.clock.runFor(16_000) // ten seconds offline, and the longest delay
    await lesson.ticks(2)
    await lesson.ticks(3)
    const tab = await browser.newTab(page, server().url)
    await connected(tab)
    await tab.getByRole('button', { name: 'Mark all read' }).click()
    await lesson.ticks(4)
    await tab.close()

    await page.locator('#rooms').getByLabel('New room').fill(`Tea with ${alice}`)
    await page.locator('#rooms').getByRole('button', { name: 'Create' }).click()
    await page.locator('#rooms').getByLabel('Say something').fill('Anybody here?')
    await page.locator('#rooms').getByRole('button', { name: 'Say', exact: true }).click()
    await lesson.ticks(5)
    await page.getByRole('button', { name: 'Sign out all others' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out the others' }).click()
    await lesson.ticks(6)
    await predictAndBreak(page, ['Cut the connection', 'Send twice', 'Send garbage', 'Expire my token'])
    await page.getByRole('button', { name: 'Replay my refresh token' }).click()
    await page.getByRole('heading', { name: /Sign in/ }).waitFor()
    await lesson.ticks(7)
  })
})
