import { describeInBrowser } from '@levels/shared/testing/browser.ts'
import { beforeAll, expect, it } from 'vitest'
import { seed } from '../../dev/seed.ts'
import {
  bell,
  connected,
  items,
  newUser,
  pageServerForAll,
  send,
  signIn,
  socketsOf,
  titles,
  wireOf,
} from '../support/page.ts'
import { request } from '../support/person.ts'

describeInBrowser('signing in', (browser) => {
  const server = pageServerForAll()
  beforeAll(() => seed(server()))

  it('is what a first visit shows, without asking the server for anything; password managers know its fields', async () => {
    const page = await browser.visit(server().url)
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(await page.locator('#signed-in').isVisible()).toBe(false)
    expect(await bell(page).count()).toBe(0)
    expect(
      await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name)),
    ).not.toContainEqual(expect.stringContaining('/api/'))
    const autocomplete = (label: string) => page.getByLabel(label).getAttribute('autocomplete')
    expect(await autocomplete('Username')).toBe('username')
    expect(await autocomplete('Password')).toBe('current-password')
    await page.getByRole('button', { name: 'Register' }).click()
    expect(await autocomplete('Password')).toBe('new-password')
    expect(page.problems).toEqual([])
  })

  it('shows the notifications that waited, no whole token on the wire, and lasts over a reload', async () => {
    const page = await signIn(browser, server(), 'alice')
    await expect.poll(() => titles(page)).toEqual(['Cheaper now', 'Your parcel is on its way', 'Welcome'])
    await bell(page).and(page.getByLabel('Notifications, 3 unread')).waitFor()
    const wire = await wireOf(page)
    expect(wire.join('\n')).not.toMatch(/eyJ[\w-]+\./)
    expect(wire).toContainEqual(expect.stringMatching(/^· token \{.*"sub":"[0-9a-f]{24}"/))
    expect(wire).toContainEqual('↑ http POST /api/auth/login → 200')
    expect(wire).toContainEqual(expect.stringMatching(/^↑ connect 40\{"token":"eyJ…"/))
    await page.reload()
    await connected(page)
    await expect.poll(() => items(page).count()).toBe(3)
    expect(page.problems).toEqual([])
  })

  it('registers a new user, whose log is empty and begins with number 1', async () => {
    const page = await browser.visit(server().url)
    await page.getByRole('button', { name: 'Register' }).click()
    await page.getByLabel('Username').fill('Zoë')
    await page.getByLabel('Password').fill('a long password')
    await page.getByLabel(/^Email/).fill('zoe@example.com')
    await page.locator('form').getByRole('button', { name: 'Register' }).click()
    await connected(page)
    await page.getByText('Nothing yet. Send yourself something below.').waitFor()
    await send(page, { title: 'The first' })
    await items(page).getByText('number 1').waitFor()
    expect(page.problems).toEqual([])
  })

  it('says what is wrong: the password, too many attempts and until when, a registration', async () => {
    const page = await browser.visit(server().url)
    await page.getByLabel('Username').fill('alice')
    await page.getByLabel('Password').fill('not this one')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('Username or password is wrong.').waitFor()

    const username = await newUser(server())
    const guess = { username, password: 'guessed wrong' }
    for (let n = 0; n < 10; n++) await request(server().url, 'POST', '/api/auth/login', guess)
    await page.getByLabel('Username').fill(username)
    await page.getByLabel('Password').fill('password123')
    await page.keyboard.press('Enter')
    await page.getByText(/^Too many attempts\. Try again in \d+ min, at \d\d:\d\d\.$/).waitFor()

    const submit = page.locator('form').getByRole('button', { name: 'Register' })
    await page.getByRole('button', { name: 'Register' }).click()
    await page.getByLabel('Username').fill('ALICE')
    await page.getByLabel('Password').fill('password123')
    await submit.click()
    await page.getByText('Somebody has this username already.').waitFor()
    await page.getByLabel('Username').fill('not a name!')
    await submit.click()
    await page.getByRole('alert').getByText('2 to 20 letters, digits, _ or -').waitFor()
  })

  it('ends in every tab when the user signs out in one, and leaves nothing private on screen', async () => {
    const username = await newUser(server())
    const page = await signIn(browser, server(), username)
    const second = await browser.newTab(page, server().url)
    await connected(second)
    await page.getByLabel(`${username}, your menu`).click()
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    for (const tab of [page, second]) {
      await tab.getByRole('heading', { name: 'Sign in' }).waitFor()
      expect(await tab.locator('#signed-in').isVisible()).toBe(false)
      expect(await tab.title()).toBe('Level 3 · Accounts, tokens, stored notifications')
      // The user wanted it: no word of stolen tokens.
      await expect.poll(() => tab.locator('.notice').isVisible()).toBe(false)
    }
    await page.reload()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await expect.poll(() => socketsOf(server(), username)).toBe(0)
    expect(page.problems).toEqual([])
  })

  it('ends also in a tab that is just coming back, which opens nothing any more', async () => {
    const username = await newUser(server())
    const page = await signIn(browser, server(), username)
    const second = await browser.newTab(page, server().url)
    await connected(second)
    // As if this tab was refreshing: the other one has to wait for it before it can come back.
    await page.evaluate(() => {
      const release = new Promise<void>((resolve) => addEventListener('release', () => resolve()))
      navigator.locks.request('session', () => release)
    })
    await second.getByRole('button', { name: 'Expire my token' }).click()
    await second.getByText('the server refused the token; getting a new one').waitFor()
    await page.getByLabel(`${username}, your menu`).click()
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await second.getByRole('heading', { name: 'Sign in' }).waitFor()
    const attempts = async () => (await wireOf(second)).filter((line) => line.startsWith('↑ upgrade')).length
    const before = await attempts()
    await page.evaluate(() => dispatchEvent(new Event('release')))

    const next = await newUser(server())
    await page.getByLabel('Username').fill(next)
    await page.getByLabel('Password').fill('password123')
    await page.locator('form').getByRole('button', { name: 'Sign in' }).click()
    await connected(second)
    await expect.poll(() => socketsOf(server(), next)).toBe(2)
    expect(await attempts()).toBe(before + 1)
  })

  it('as somebody else in another tab makes this tab theirs, too: they share one cookie', async () => {
    const page = await signIn(browser, server(), 'alice')
    await page.evaluate(() => localStorage.clear()) // so that the second tab opens signed out
    const second = await browser.newTab(page, server().url)
    await second.getByRole('button', { name: 'as bob' }).click()
    await connected(second)
    await page.getByLabel('bob, your menu').waitFor()
    await connected(page)
    await send(second, { to: 'me', title: 'For bob' })
    await expect.poll(async () => (await titles(page))[0]).toBe('For bob')
  })
})
