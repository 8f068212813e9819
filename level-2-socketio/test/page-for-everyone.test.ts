import { findBarriers } from '@levels/shared/testing/axe.ts'
import { describeInBrowser } from '@levels/shared/testing/browser.ts'
import { builtPage } from '@levels/shared/testing/built-page.ts'
import { expect, it } from 'vitest'
import {
  join,
  levelDir,
  messages,
  say,
  serveFrom,
  signIn,
  startWithPage,
  visitAs,
  wire,
} from './support/page.ts'

describeInBrowser('the page of level 2 for everyone', (browser) => {
  it('shows each packet on the wire, and what it means', async () => {
    const { url } = await startWithPage()
    const alice = await visitAs(browser, url, 'alice')
    await say(alice, 'hello')
    const lines = wire(alice)
    await lines.getByText('40{"username":"alice"}', { exact: true }).waitFor()
    await lines.getByText(/^42\d\["message:send",\{"text":"hello"\}\]$/).waitFor()
    await lines.getByText('a message, please pass it on (wants acknowledgement').waitFor()
    await lines.getByText(/^43\d\[\{"ok":true,"data":\{"id"/).waitFor()
    await lines.getByText(/^42\["session",\{"sessionId"/).waitFor()
    await lines.getByText('101 Switching Protocols').waitFor()
    const request = lines.locator('li').filter({ hasText: 'GET /socket.io/' })
    await request.getByRole('button', { name: 'The whole of it' }).click()
    await request.getByText('(hidden from scripts)').waitFor()
  })

  it('can be used by everybody: light and dark, wide and narrow, signed in or not', async () => {
    const { url, enter } = await startWithPage()
    const bob = await enter('bob')
    const page = await browser.visit(url)
    expect(await findBarriers(page)).toEqual([])
    await signIn(page, 'alice')
    await join(page, 'tea')
    await say(page, 'hello')
    await bob.ask('message:send', { text: 'hi' })
    await page.getByRole('button', { name: 'Notify' }).click()
    await page.locator('.toast').waitFor()
    await page.getByRole('button', { name: 'Everyone 1 new' }).waitFor()
    await page.getByText('Predict first').click()
    await page.getByRole('button', { name: /^Try it/ }).click()
    expect(await findBarriers(page)).toEqual([])
  })

  it('has the same page in production, built; what only development shows is not there', async () => {
    const { url } = await serveFrom(await builtPage(levelDir, { production: true }), true)
    const alice = await visitAs(browser, url, 'alice')
    await say(alice, 'from the build')
    await expect.poll(() => messages(alice)).toEqual(['from the build'])
    expect(await alice.getByRole('button', { name: 'Under the hood' }).count()).toBe(0)
    expect(alice.problems).toEqual([])
  })
})
