import { findViolations } from '@levels/shared/testing/axe.ts'
import { describeInBrowser, type TestPage } from '@levels/shared/testing/browser.ts'
import { expect, it } from 'vitest'
import { logOf, startWithPage, wireOf } from './support/page.ts'

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
  it.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 390],
    ['dark', 390],
  ] as const)('has no barrier that axe-core knows, %s at %i px', async (colorScheme, width) => {
    const { url } = await startWithPage()
    const page = await browser.visit(url, { colorScheme, viewport: { width, height: 844 } })
    expect(await findViolations(page)).toEqual([])
    await fill(page)
    expect(await findViolations(page)).toEqual([])
    await page.getByRole('button', { name: 'Disconnect' }).click()
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await page.getByRole('alert').getByText('Not sent').waitFor()
    expect(await findViolations(page)).toEqual([])
  })

  it.each([320, 390, 768, 1280])('never scrolls sideways at %i px', async (width) => {
    const page = await browser.visit((await startWithPage()).url, { viewport: { width, height: 844 } })
    await fill(page)
    const overflow = () => document.documentElement.scrollWidth - document.documentElement.clientWidth
    expect(await page.evaluate(overflow)).toBe(0)
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

  it('remembers light or dark', async () => {
    const page = await browser.visit((await startWithPage()).url, { colorScheme: 'light' })
    const scheme = () => page.evaluate(() => document.documentElement.style.colorScheme)
    await page.getByRole('button', { name: 'Swap light and dark' }).click()
    expect(await scheme()).toBe('dark')
    await page.reload()
    expect(await scheme()).toBe('dark')
  })
})

describeInBrowser('the wire', (browser) => {
  const permissions = ['clipboard-read', 'clipboard-write']

  it('can be paused: what comes meanwhile is counted, and shown on Resume', async () => {
    const page = await browser.visit((await startWithPage()).url)
    await page.getByText('connected', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('button', { name: 'Send twice' }).click()
    const resume = page.getByRole('button', { name: 'Resume (4)' })
    await resume.waitFor()
    expect(await wireOf(page)).toHaveLength(2)
    await resume.click()
    expect((await wireOf(page)).slice(2)).toEqual([
      '↑ text am I one or two?',
      '↑ text am I one or two?',
      '↓ text am I one or two?',
      '↓ text am I one or two?',
    ])
  })

  it('can be filtered, for lines that come later and while it is paused, too', async () => {
    const page = await browser.visit((await startWithPage()).url)
    await page.getByText('connected', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('button', { name: 'Send twice' }).click()
    await page.getByRole('button', { name: 'Resume (4)' }).waitFor()
    await page.getByLabel('Filter the wire').fill('UPGRADE')
    await page.getByRole('button', { name: /^Resume/ }).click()
    const visible = page.locator('.wire li:visible')
    expect(await visible.count()).toBe(1)
    await page.getByLabel('Filter the wire').fill('one or two')
    expect(await visible.count()).toBe(4)
    await page.getByRole('button', { name: 'Send garbage' }).click()
    await expect.poll(() => wireOf(page)).toHaveLength(10)
    expect(await visible.count()).toBe(4)
    await page.getByLabel('Filter the wire').fill('')
    expect(await visible.count()).toBe(10)
  })

  it('can be copied, as it is shown, oldest first', async () => {
    const page = await browser.visit((await startWithPage()).url, { permissions })
    await page.getByText('connected', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await expect.poll(() => logOf(page)).toEqual(['hello'])
    await page.getByLabel('Filter the wire').fill('text')
    await page.getByRole('region', { name: 'On the wire' }).getByRole('button', { name: 'Copy' }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    const copied = await page.evaluate(() => navigator.clipboard.readText())
    expect(copied.split('\n')).toEqual([
      expect.stringMatching(/^\d\d:\d\d:\d\d\.\d{3} ↑ hello \(5 B\) — text /),
      expect.stringMatching(/^\d\d:\d\d:\d\d\.\d{3} ↓ hello \(5 B\) — text /),
    ])
  })
})
