import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { viteConfig } from '@levels/shared/server/vite.ts'
import { findViolations } from '@levels/shared/testing/axe.ts'
import { describeInBrowser } from '@levels/shared/testing/browser.ts'
import { expect, it } from 'vitest'
import { join, levelDir, messages, say, signIn, startWithPage, visitAs, wire } from './support/page.ts'
import { afterTest } from './support/server.ts'

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
  })

  it('can be used by everybody: in the light and in the dark, signed in or not', async () => {
    const { url, enter } = await startWithPage()
    const bob = await enter('bob')
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.visit(url, { colorScheme, viewport: { width: 390, height: 844 } })
      expect(await findViolations(page)).toEqual([])
      await signIn(page, 'alice')
      await join(page, 'tea')
      await say(page, 'hello')
      await bob.ask('message:send', { text: 'hi' })
      await page.getByRole('button', { name: 'Notify' }).click()
      await page.locator('.toast').waitFor()
      await page.getByRole('button', { name: 'Everyone 1 new' }).waitFor()
      expect(await findViolations(page)).toEqual([])
      const tooWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
      expect(tooWide).toBe(false)
      await page.getByRole('button', { name: 'Disconnect' }).click()
      await bob.next('user:left')
    }
  })

  it('works as built for production, too', async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'level-2-'))
    afterTest(() => rmSync(dir, { recursive: true }))
    const { build } = await import('vite')
    const config = viteConfig(levelDir)
    await build({ ...config, build: { ...config.build, outDir: path.join(dir, 'dist') } })
    const { url } = await startWithPage(dir, true)
    const alice = await visitAs(browser, url, 'alice')
    await say(alice, 'from the build')
    await expect.poll(() => messages(alice)).toEqual(['from the build'])
    expect(alice.problems).toEqual([])
  })
})
