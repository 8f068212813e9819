import { readFile } from 'node:fs/promises'
import { describeInBrowser } from '@levels/shared/testing/browser.ts'
import { openHood } from '@levels/shared/testing/hood.ts'
import { expect, it } from 'vitest'
import { startInDevelopment } from './support/page.ts'

describeInBrowser('under the hood of level 1', (browser) => {
  it('draws an echo and a push between two lanes, with the line of code that did it', async () => {
    const { url } = await startInDevelopment()
    const page = await browser.visit(url)
    await page.getByText('connected', { exact: true }).waitFor()
    const hood = await openHood(page)

    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await hood.draws(/this page to level-1: received/, /level-1 to this page: echoed/)
    await page.getByRole('button', { name: 'Push', exact: true }).click()
    await hood.draws(
      /this page to level-1: POST \/notify/,
      /level-1 to this page: pushed/,
      /level-1 to this page: 202/,
    )
    expect(await hood.lanes()).toEqual(['this page', 'level-1'])

    await hood.panel.locator('.arrow').nth(1).focus()
    await hood.panel.locator('.detail .where').getByText('level-1-websocket/src/send.ts').waitFor()
    expect(await hood.panel.locator('.detail pre').textContent()).toBe('Lunch is ready')
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/level-1.png` })
    expect(page.problems).toEqual([])
  })

  it('shows what reached nobody as an arrow that ends in a cross, also as a list, as SVG and as Mermaid', async () => {
    const { url } = await startInDevelopment()
    const page = await browser.visit(url)
    await page.getByText('connected', { exact: true }).waitFor()
    const hood = await openHood(page)
    await page.getByRole('button', { name: 'Disconnect' }).click()
    await fetch(`${url}/notify`, { method: 'POST', body: 'Lunch is ready' })

    await hood.draws(/other pages to level-1: POST/, /level-1 to this page: pushed to nobody \(lost\)/)
    expect(await hood.panel.locator('.lost .cross').count()).toBe(1)
    await hood.panel.getByText('The same as a list').click()
    await hood.panel.getByRole('listitem').filter({ hasText: 'pushed to nobody (lost)' }).waitFor()
    const saved = async (name: string) => {
      const waiting = page.waitForEvent('download')
      await hood.panel.getByRole('button', { name }).click()
      return readFile(await (await waiting).path(), 'utf8')
    }
    expect(await saved('Mermaid')).toMatch(/^sequenceDiagram\n.*-x/s)
    expect(await saved('SVG')).toMatch(/^<svg .*<style>.*pushed to nobody/s)
    expect(page.problems).toEqual([])
  })

  it('is closed to pages of other sites', async () => {
    const { url } = await startInDevelopment()
    const foreign = { headers: { origin: 'https://evil.example' } }
    expect((await fetch(`${url}/under-the-hood`, foreign)).status).toBe(403)
    const crossSite = { headers: { 'sec-fetch-site': 'cross-site' } }
    expect((await fetch(`${url}/under-the-hood`, crossSite)).status).toBe(403)
  })
})
