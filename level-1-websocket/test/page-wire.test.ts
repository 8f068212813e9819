import { describeInBrowser } from '@levels/shared/testing/browser.ts'
import { expect, it } from 'vitest'
import { logOf, startWithPage, wireOf } from './support/page.ts'

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

  it('shows nothing of what is sent on a socket that is being closed: it never left', async () => {
    const page = await browser.visit((await startWithPage()).url)
    await page.getByText('connected', { exact: true }).waitFor()
    const before = (await wireOf(page)).length
    await page.evaluate(async () => {
      const socket = new WebSocket(`ws://${location.host}/ws`)
      await new Promise((resolve, reject) => {
        socket.addEventListener('open', resolve)
        socket.addEventListener('error', reject)
      })
      socket.close()
      socket.send('too late')
      await new Promise((resolve) => socket.addEventListener('close', resolve))
    })
    await expect.poll(async () => (await wireOf(page)).length).toBeGreaterThan(before)
    expect((await wireOf(page)).join()).not.toContain('too late')
    expect(page.problems).toEqual([])
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

  it('can be copied where the browser refuses the clipboard, too', async () => {
    const page = await browser.visit((await startWithPage()).url)
    await page.getByText('connected', { exact: true }).waitFor()
    await page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new DOMException('', 'NotAllowedError'))
    })
    await page.getByRole('region', { name: 'On the wire' }).getByRole('button', { name: 'Copy' }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    await page.getByLabel('Text', { exact: true }).fill('')
    await page.keyboard.press('Control+V')
    expect(await page.getByLabel('Text', { exact: true }).inputValue()).toContain('101 Switching Protocols')
  })
})
