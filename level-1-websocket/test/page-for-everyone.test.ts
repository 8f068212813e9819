import { findBarriers } from '@levels/shared/testing/axe.ts'
import { describeInBrowser, type TestPage } from '@levels/shared/testing/browser.ts'
import { expect, it } from 'vitest'
import { logOf, startWithPage } from './support/page.ts'

/** Fills every part of the page with something to look at. */
async function fill(page: TestPage): Promise<void> {
  await page.getByText('connected', { exact: true }).waitFor()
  await page.getByLabel('Text', { exact: true }).fill('a word that does not break: '.padEnd(400, 'x'))
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  await page.getByRole('button', { name: 'Send garbage' }).click()
  await page.getByRole('button', { name: 'Push' }).click()
  await expect.poll(() => logOf(page)).toHaveLength(4)
}

describeInBrowser('the page of level 1 for everyone', (browser) => {
  it('has no barrier that axe-core knows and never scrolls sideways, light and dark, wide and narrow', async () => {
    const { url } = await startWithPage()
    const page = await browser.visit(url)
    await fill(page)
    await page.getByRole('button', { name: 'Disconnect' }).click()
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await page.getByRole('alert').getByText('Not sent').waitFor()
    expect(await findBarriers(page)).toEqual([])
  })

  it('is usable with the keyboard alone', async () => {
    const server = await startWithPage()
    const page = await browser.visit(server.url)
    await page.getByText('connected', { exact: true }).waitFor()
    const reached = new Set<string>()
    for (let tab = 0; tab < 40; tab++) {
      await page.keyboard.press('Tab')
      reached.add(
        await page.evaluate(() => {
          const { activeElement: element } = document
          const label = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : undefined
          return (element?.getAttribute('aria-label') ?? label ?? element?.textContent ?? '').trim()
        }),
      )
    }
    for (const name of [
      'Skip to the level',
      'Swap light and dark',
      'Disconnect',
      'Text',
      'Send',
      'A file, sent as bytes',
      'Send file',
      'Clear',
      'Copy',
      'Or from here',
      'Push',
      'Cut the connection',
      'Send 70 KiB',
      'Filter the wire',
      'Pause',
      'What crossed the wire, newest first',
    ]) {
      expect([...reached], name).toContain(name)
    }

    await page.getByLabel('Text', { exact: true }).focus()
    await page.keyboard.type('typed')
    await page.keyboard.press('Enter')
    await expect.poll(() => logOf(page)).toEqual([expect.stringContaining('typed')])
    await page.getByRole('button', { name: 'Disconnect' }).focus()
    await page.keyboard.press('Enter')
    await page.getByText('disconnected', { exact: true }).waitFor()
  })

  it('with ?big in its address has the wire and "Break it" on a projector together', async () => {
    const viewport = { width: 1280, height: 720 }
    const page = await browser.visit(`${(await startWithPage()).url}/?big`, { viewport })
    await page.getByText('connected', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Send twice' }).click()
    await expect.poll(() => logOf(page)).toHaveLength(2)
    const type = await page.getByText('What came').boundingBox()
    expect(type?.height).toBeGreaterThan(30)
    for (const part of ['region', 'group'] as const) {
      const name = part === 'region' ? 'On the wire' : 'Break it'
      const box = await page.getByRole(part, { name }).boundingBox()
      expect((box?.y ?? 0) + (box?.height ?? 0), `the end of ${name}`).toBeLessThan(viewport.height)
    }
  })

  it('remembers light or dark', async () => {
    const page = await browser.visit((await startWithPage()).url, { colorScheme: 'light' })
    const scheme = () => page.evaluate(() => document.documentElement.style.colorScheme)
    await page.getByRole('button', { name: 'Swap light and dark' }).click()
    expect(await scheme()).toBe('dark')
    await page.reload()
    expect(await scheme()).toBe('dark')
  })
})
