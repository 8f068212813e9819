import { findBarriers } from '@levels/shared/testing/axe.ts'
import { describeInBrowser } from '@levels/shared/testing/browser.ts'
import { openLesson, predictAndBreak } from '@levels/shared/testing/lesson.ts'
import { expect, it } from 'vitest'
import { startWithPage } from './support/page.ts'

describeInBrowser('the lesson of level 1', (browser) => {
  it('ticks each step of "Try it" as one follows it, and says after each prediction how it really went', async () => {
    const server = await startWithPage()
    const page = await browser.visit(server.url, { clock: true })
    await page.getByText('connected', { exact: true }).waitFor()
    await page.evaluate(() => {
      Math.random = () => 0.1 // short delays between the attempts
    })
    const lesson = await openLesson(page)
    await page.setViewportSize({ width: 1024, height: 768 })
    expect((await page.locator('#level').boundingBox())?.width, 'room beside the lesson').toBeGreaterThan(280)

    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await lesson.ticks(1)
    await fetch(`${server.url}/notify`, { method: 'POST', body: 'Lunch is ready' })
    await lesson.ticks(2)
    await page.getByRole('button', { name: 'Disconnect' }).click()
    await page.getByRole('button', { name: 'Connect', exact: true }).click()
    await lesson.ticks(3)
    await page.getByText('connected', { exact: true }).waitFor()
    await predictAndBreak(page, [
      'Cut the connection',
      'Send twice',
      'Send garbage',
      'Send 70 KiB',
      'Go offline 10 s',
    ])
    await lesson.ticks(5)
    await page.clock.runFor(12_000) // ten seconds offline, and the longest delay
    await page.getByText('connected', { exact: true }).waitFor()
    await server.close()
    await page.getByText('trying again').waitFor()
    await startWithPage({ port: server.port })
    await page.clock.runFor(1_500)
    await lesson.ticks(4)
  })

  it('is a page of its own: rendered, with its diagram drawn and its commands to copy', async () => {
    const server = await startWithPage()
    const page = await browser.visit(`${server.url}/lesson`, {
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    await page.getByRole('heading', { level: 1, name: 'Level 1: raw WebSocket' }).waitFor()
    expect(await page.locator('figure.diagram svg text').count()).toBeGreaterThan(5)
    const contents = await page.locator('nav.contents').boundingBox()
    const text = await page.locator('article').boundingBox()
    expect((contents?.x ?? 0) + (contents?.width ?? 0)).toBeLessThan(text?.x ?? 0)
    await page.locator('.command').nth(1).getByRole('button', { name: 'Copy' }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('curl -d "Lunch is ready"')
    expect(await page.getByRole('link', { name: /^Next: level 2/ }).getAttribute('href')).toContain(
      ':3020/lesson',
    )
    expect(await findBarriers(page)).toEqual([])
    await page.emulateMedia({ media: 'print' })
    await page.setViewportSize({ width: 600, height: 800 })
    const cut = await page
      .locator('.command pre')
      .evaluateAll((all) => all.filter((one) => one.scrollWidth > one.clientWidth).length)
    expect(cut, 'commands cut off on paper').toBe(0)
    expect(page.problems).toEqual([])
  })
})
