import { describeInBrowser, type TestPage } from '@levels/shared/testing/browser.ts'
import { expect, it } from 'vitest'
import {
  connected,
  newUser,
  notify,
  pageServerForAll,
  signIn,
  socketsOf,
  takeOffline,
  titles,
  wireOf,
} from '../support/page.ts'

describeInBrowser('a token that ends', (browser) => {
  const server = pageServerForAll({ accessTokenTtlS: 6 })

  it('is renewed on the open socket, again and again: the user notices nothing', async () => {
    const user = await newUser(server())
    const page = await signIn(browser, server(), user)
    const renewals = async () =>
      (await wireOf(page)).filter((line) => line.includes('"session:renew"')).length
    await expect.poll(renewals, { timeout: 30_000 }).toBeGreaterThanOrEqual(2)
    const wire = await wireOf(page)
    expect(wire.filter((line) => line.includes('session:ready'))).toHaveLength(1)
    expect(wire.filter((line) => line.includes('session:ended'))).toEqual([])
    await notify(server(), user, { title: 'Still here' })
    await expect.poll(() => titles(page)).toEqual(['Still here'])
    expect(page.problems).toEqual([])
  })

  it('is renewed by one tab for all: each renews its own socket with the same new token', async () => {
    const user = await newUser(server())
    const page = await signIn(browser, server(), user)
    const tabs = [page, await browser.newTab(page, server().url), await browser.newTab(page, server().url)]
    for (const tab of tabs) await connected(tab)
    const times: number[] = []
    const [cookie] = await page.context().cookies(`${server().url}/api/auth`)
    const sid = cookie?.value.split('.')[0] ?? 'none'
    server().http.on('request', ({ url, headers }) => {
      if (url === '/api/auth/refresh' && headers.cookie?.includes(sid)) times.push(Date.now())
    })
    const renewals = (tab: TestPage) =>
      wireOf(tab).then((wire) => wire.filter((line) => line.includes('"session:renew"')).length)
    const before = await Promise.all(tabs.map(renewals))
    for (const [n, tab] of tabs.entries()) {
      await expect.poll(() => renewals(tab), { timeout: 40_000 }).toBeGreaterThanOrEqual((before[n] ?? 0) + 3)
    }
    // All of them are warned 3 s before the end, at the same moment. Refreshing each for itself, they would be many.
    const tooEarly = times.filter((time, n) => time - (times[n - 1] ?? 0) < 1_500)
    expect(times.length).toBeGreaterThanOrEqual(3)
    expect(tooEarly).toEqual([])
    expect(socketsOf(server(), user)).toBe(3)
  })

  it('is refreshed after a sleep: everything that came meanwhile is there', async () => {
    const user = await newUser(server())
    const page = await signIn(browser, server(), user)
    await takeOffline(page)
    await expect.poll(() => socketsOf(server(), user)).toBe(0)
    await notify(server(), user, { title: 'While asleep' })
    await page.locator('.token').getByText('expired').waitFor()
    await page.context().setOffline(false)
    await expect.poll(() => titles(page), { timeout: 30_000 }).toEqual(['While asleep'])
    await connected(page)
    expect(await page.locator('#signed-out').isVisible()).toBe(false)
  })

  it('is refreshed without Web Locks, too, as on plain http from another machine', async () => {
    const user = await newUser(server())
    const page = await browser.visit(server().url)
    await page.addInitScript(() => {
      Object.defineProperty(navigator, 'locks', { value: undefined })
    })
    await page.reload()
    await page.getByLabel('Username').fill(user)
    await page.getByLabel('Password').fill('password123')
    await page.keyboard.press('Enter')
    await connected(page)
    const tabs = [page, await browser.newTab(page, server().url)]
    for (const tab of tabs) {
      await expect
        .poll(async () => (await wireOf(tab)).some((line) => line.includes('"session:renew"')), {
          timeout: 30_000,
        })
        .toBe(true)
      await connected(tab)
    }
  })
})
