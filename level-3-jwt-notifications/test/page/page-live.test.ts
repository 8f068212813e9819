import { describeInBrowser } from '@levels/shared/testing/browser.ts'
import { expect, it } from 'vitest'
import type { NotificationPage } from '../../src/events.ts'
import {
  connected,
  items,
  newUser,
  notify,
  pageServerForAll,
  send,
  signIn,
  signInElsewhere,
  socketsOf,
  takeOffline,
  titles,
  toasts,
  wireOf,
} from '../support/page.ts'
import { PASSWORD } from '../support/person.ts'

describeInBrowser('several tabs, devices and absences', (browser) => {
  const server = pageServerForAll()
  /** What the server believes that this user has seen. */
  const deliveredTo = async (username: string) =>
    (await server().models.User.findOne({ username }).lean())?.deliveredUpTo

  it('"While you were away" says what came while no page was open, once', async () => {
    const user = await newUser(server(), { seen: 1 })
    const page = await signIn(browser, server(), user)
    await page.goto('about:blank')
    await notify(server(), user, { title: 'First' }, { title: 'Second' })
    await page.goto(server().url)
    const banner = page.locator('#away')
    await banner.getByText('2 notifications arrived. They are marked below.').waitFor()
    await expect.poll(() => page.locator('#notifications .missed').count()).toBe(2)
    await expect.poll(() => deliveredTo(user)).toBe(3)
    await banner.getByRole('button', { name: 'Got it' }).click()
    expect(await banner.isVisible()).toBe(false)
    await page.reload()
    await expect.poll(() => items(page).count()).toBe(3)
    await connected(page)
    expect(await banner.isVisible()).toBe(false)
  })

  it('nothing is lost or doubled over a cut: the page says how far it has seen, and gets the rest', async () => {
    const user = await newUser(server(), { seen: 3 })
    const page = await signIn(browser, server(), user)
    await expect.poll(() => items(page).count()).toBe(3)
    const context = page.context()
    await takeOffline(page)
    await expect.poll(() => socketsOf(server(), user)).toBe(0)
    await notify(server(), user, ...Array.from({ length: 127 }, (_, n) => ({ title: `Number ${n + 4}` })))
    await context.setOffline(false)
    await expect.poll(() => items(page).count()).toBe(130)
    expect(new Set(await titles(page)).size).toBe(130)
    await page.locator('#away').getByText('127 notifications arrived').waitFor()
    expect(await wireOf(page)).toContainEqual(expect.stringMatching(/^↑ connect 40\{.*"after":3\}$/))
    expect(await toasts(page)).toEqual([])
  })

  it('two tabs stay in step: what is read, deleted and received in one is so in the other', async () => {
    const user = await newUser(server(), { seen: 3 })
    const page = await signIn(browser, server(), user)
    const second = await browser.newTab(page, server().url)
    await connected(second)
    await second.getByRole('button', { name: 'Mark as read: Number 1' }).click()
    await page.getByRole('button', { name: 'Mark as unread: Number 1' }).waitFor()
    await page.getByRole('button', { name: 'Delete: Number 2' }).click()
    await expect.poll(() => titles(second)).toEqual(['Number 3', 'Number 1'])
    await second.getByRole('button', { name: 'Mark all read' }).click()
    await page.getByLabel('Notifications, 0 unread').waitFor()
    await send(page, { title: 'To both' })
    for (const tab of [page, second]) await expect.poll(async () => (await titles(tab))[0]).toBe('To both')
    expect([...page.problems, ...second.problems]).toEqual([])
  })

  it('what was read or deleted elsewhere while this tab was cut off is so here afterwards, far back, too', async () => {
    const user = await newUser(server(), { seen: 45 })
    const page = await signIn(browser, server(), user)
    await page.getByRole('button', { name: 'Load more' }).click()
    await expect.poll(() => items(page).count()).toBe(40)
    await takeOffline(page)
    await expect.poll(() => socketsOf(server(), user)).toBe(0)
    const other = await signInElsewhere(server(), user)
    const { body } = await other.api('GET', '/api/notifications?limit=45')
    const { items: log } = body as unknown as NotificationPage
    const pathOf = (n: number) => `/api/notifications/${log.find(({ seq }) => seq === n)?.id}`
    await other.api('DELETE', pathOf(10))
    await other.api('PATCH', pathOf(12), { read: true })
    await other.api('DELETE', pathOf(44))
    await page.context().setOffline(false)
    await expect.poll(() => items(page).count()).toBe(38)
    await page.getByRole('button', { name: 'Mark as unread: Number 12' }).waitFor()
  })

  it('a device can be signed out from another, alone or with all others, says so and can come back; this one stays', async () => {
    const user = await newUser(server(), { seen: 1 })
    const phone = await signIn(browser, server(), user, { userAgent: 'Mozilla/5.0 (iPhone) Safari/605' })
    const page = await signIn(browser, server(), user)
    const devices = page.locator('#devices')
    await devices.getByText('this one').waitFor()
    await devices.getByRole('button', { name: /^Sign out Safari on iOS/ }).click()
    await phone.getByText(/^This session was ended/).waitFor()
    await expect.poll(() => devices.getByRole('listitem').count()).toBe(1)
    expect(await phone.locator('#signed-in').isVisible()).toBe(false)
    await connected(page)

    await phone.getByLabel('Username').fill(user)
    await phone.getByLabel('Password').fill(PASSWORD)
    await phone.keyboard.press('Enter')
    await connected(phone)
    const third = await (await signInElsewhere(server(), user)).tab()
    await page.reload()
    await expect.poll(() => devices.getByRole('listitem').count()).toBe(3)
    await devices.getByRole('button', { name: 'Sign out all others' }).click()
    await page.getByRole('button', { name: 'Sign out the others' }).click()
    await phone.getByText(/^This session was ended/).waitFor()
    expect(await third.next('session:ended')).toEqual({ code: 'session_revoked' })
    await expect.poll(() => socketsOf(server(), user)).toBe(1)
    await connected(page)
  })

  it('a hidden tab shows no toast and does not claim that anything was seen', async () => {
    const user = await newUser(server())
    const page = await signIn(browser, server(), user)
    await page.evaluate(() => {
      Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true })
    })
    await notify(server(), user, { title: 'Unseen' })
    await expect.poll(() => titles(page)).toEqual(['Unseen'])
    expect(await toasts(page)).toEqual([])
    expect(await deliveredTo(user)).toBe(0)
    await page.evaluate(() => {
      Object.defineProperty(document, 'visibilityState', { value: 'visible', configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))
    })
    await expect.poll(() => deliveredTo(user)).toBe(1)
  })
})
