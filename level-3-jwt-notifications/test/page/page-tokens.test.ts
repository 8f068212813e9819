import { describeInBrowser, type TestPage } from '@levels/shared/testing/browser.ts'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
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

const linesWith = async (page: TestPage, text: string) =>
  (await wireOf(page)).filter((line) => line.includes(text)).length
const renewals = (page: TestPage) => linesWith(page, '"session:renew"')
/** Until the last refresh is over in every tab: one that is asked for meanwhile is the same one. */
const refreshed = (page: TestPage) =>
  page.evaluate(() => navigator.locks.request('session', () => undefined).then(() => undefined))

describeInBrowser('a token that ends', (browser) => {
  const server = pageServerForAll()

  const { now } = Date
  let ahead = 0
  beforeEach(() => {
    vi.spyOn(Date, 'now').mockImplementation(() => now() + ahead)
  })
  afterEach(() => vi.restoreAllMocks())

  /** Tells this user's open pages that their token is about to end, as the server does in time; until all have a new one. */
  async function expireSoon(username: string): Promise<void> {
    ahead += 2_000 // the next token ends later than this one: times in tokens are whole seconds
    const sockets = [...server().io.sockets.sockets.values()].filter(({ data }) => data.username === username)
    const before = sockets.map(({ data }) => data.expiresAt)
    for (const socket of sockets)
      socket.emit('session:expiring', { expiresAt: new Date(socket.data.expiresAt).toISOString() })
    const isRenewed = () => sockets.every(({ data }, index) => data.expiresAt > (before[index] ?? 0))
    await expect.poll(isRenewed).toBe(true)
  }

  it('is renewed on the open socket, again and again, by one tab for all: the user notices nothing', async () => {
    const user = await newUser(server())
    const page = await signIn(browser, server(), user)
    for (const times of [1, 2, 3]) {
      await expireSoon(user)
      await expect.poll(() => renewals(page)).toBe(times)
      await refreshed(page)
    }
    expect(await linesWith(page, 'session:ready')).toBe(1)
    await notify(server(), user, { title: 'Still here' })
    await expect.poll(() => titles(page)).toEqual(['Still here'])
    expect(page.problems).toEqual([])

    // Each tab renews its own socket, with the same new token.
    const tabs = [page, await browser.newTab(page, server().url), await browser.newTab(page, server().url)]
    for (const tab of tabs) await connected(tab)
    let refreshes = 0
    server().http.on('request', ({ url }) => {
      if (url === '/api/auth/refresh') refreshes++
    })
    for (const times of [1, 2, 3]) {
      await expireSoon(user)
      for (const tab of tabs)
        await expect.poll(() => renewals(tab)).toBeGreaterThanOrEqual(tab === page ? 3 + times : times)
      await refreshed(page)
    }
    // Refreshing each for itself, they would be nine.
    expect(refreshes).toBe(3)
    expect(socketsOf(server(), user)).toBe(3)
  })

  it('counts down, and is refreshed after a sleep: everything that came meanwhile is there', async () => {
    const user = await newUser(server())
    const page = await signIn(browser, server(), user, { clock: true })
    const left = page.locator('.token')
    await expect.poll(() => left.textContent()).toMatch(/^access token1[45]:\d\d left$/)
    const before = await left.textContent()
    await page.clock.runFor(60_000)
    expect(await left.textContent()).toMatch(/^access token1[34]:\d\d left$/)
    expect(await left.textContent()).not.toBe(before)
    await takeOffline(page)
    await expect.poll(() => socketsOf(server(), user)).toBe(0)
    await notify(server(), user, { title: 'While asleep' })
    await page.clock.fastForward('16:00')
    await left.getByText('expired').waitFor()
    await page.context().setOffline(false)
    const later = () => page.clock.runFor(1_000).then(() => titles(page))
    await expect.poll(later).toEqual(['While asleep'])
    await connected(page)
    expect(await page.locator('#signed-out').isVisible()).toBe(false)
  })

  it('is refreshed without Web Locks, too, as on plain http from another machine', async () => {
    const user = await newUser(server())
    const page = await browser.visit('about:blank')
    await page.context().addInitScript(() => {
      Object.defineProperty(navigator, 'locks', { value: undefined })
    })
    await page.goto(server().url)
    await page.getByLabel('Username').fill(user)
    await page.getByLabel('Password').fill('password123')
    await page.keyboard.press('Enter')
    await connected(page)
    const tabs = [page, await browser.newTab(page, server().url)]
    for (const tab of tabs) await connected(tab)
    await expireSoon(user)
    for (const tab of tabs) {
      await expect.poll(() => renewals(tab)).toBeGreaterThanOrEqual(1)
      await connected(tab)
    }
  })
})
