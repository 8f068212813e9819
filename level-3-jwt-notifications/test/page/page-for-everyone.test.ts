import { findViolations } from '@levels/shared/testing/axe.ts'
import { describeInBrowser, type TestPage } from '@levels/shared/testing/browser.ts'
import { expect, it } from 'vitest'
import { items, newUser, notify, pageServerForAll, signIn, toasts } from '../support/page.ts'

describeInBrowser('the page of level 3 for everyone', (browser) => {
  const server = pageServerForAll()

  /** Fills every part of the page with something to look at. */
  async function fill(page: TestPage, user: string): Promise<void> {
    const long = 'a word that does not break: '.padEnd(200, 'x')
    await page.getByLabel('New room').fill(`Room of ${user}`)
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByLabel('Say something').fill(long)
    await page.getByRole('button', { name: 'Say', exact: true }).click()
    await page.locator('.chat li').waitFor()
    await page.getByRole('button', { name: 'Mark as read: Number 1' }).click()
    await notify(server(), user, {
      type: 'order.shipped',
      title: long,
      message: long,
      actionUrl: '/a',
      from: 'x',
    })
    await expect.poll(() => items(page).count()).toBe(3)
    await expect.poll(async () => (await toasts(page)).length).toBe(1)
  }

  it.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 390],
    ['dark', 390],
  ] as const)('has no barrier that axe-core knows, %s at %i px', async (colorScheme, width) => {
    const options = { colorScheme, viewport: { width, height: 844 } }
    const user = await newUser(server(), { seen: 2 })
    const visitor = await browser.visit(server().url, options)
    await visitor.getByRole('button', { name: 'Register' }).click()
    await visitor.getByLabel('Username').fill(user)
    await visitor.getByLabel('Password').fill('password123')
    await visitor.keyboard.press('Enter')
    await visitor.getByText('Somebody has this username already.').waitFor()
    expect(await findViolations(visitor)).toEqual([])

    const page = await signIn(browser, server(), user, options)
    await fill(page, user)
    await page.getByLabel(`${user}, your menu`).click()
    expect(await findViolations(page)).toEqual([])
  })

  it.each([320, 390, 768, 1280])('never scrolls sideways at %i px', async (width) => {
    const user = await newUser(server(), { seen: 2 })
    const page = await signIn(browser, server(), user, { viewport: { width, height: 844 } })
    await fill(page, user)
    await page.getByLabel(`${user}, your menu`).click()
    const overflow = () => document.documentElement.scrollWidth - document.documentElement.clientWidth
    expect(await page.evaluate(overflow)).toBe(0)
  })

  it('is usable with the keyboard alone', async () => {
    const user = await newUser(server(), { seen: 1 })
    const page = await browser.visit(server().url)
    const focus = () =>
      page.evaluate(() => {
        const { activeElement: element } = document
        const field = element as HTMLInputElement
        const label = field?.labels?.[0]?.firstChild?.textContent
        return (element?.getAttribute('aria-label') ?? label ?? element?.textContent ?? '').trim()
      })
    const tabTo = async (name: string) => {
      for (let n = 0; n < 60; n++) {
        await page.keyboard.press('Tab')
        if ((await focus()) === name) return
      }
      throw new Error(`"${name}" cannot be reached with the Tab key`)
    }
    await tabTo('Username')
    await page.keyboard.type(user)
    await tabTo('Password')
    await page.keyboard.type('password123')
    await page.keyboard.press('Enter')
    await expect.poll(() => items(page).count()).toBe(1)

    await page.locator('body').evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
    await tabTo('Notifications, 1 unread')
    await page.keyboard.press('Enter')
    await tabTo('Mark as read: Number 1')
    await page.keyboard.press('Enter')
    await page.getByLabel('Notifications, 0 unread').waitFor()
    for (const name of [
      'To',
      'Type',
      'Title',
      'Message',
      'Send',
      'New room',
      'Create',
      'Sign out this device',
    ]) {
      await tabTo(name)
    }
    for (const name of [
      'Cut the connection',
      'Replay my refresh token',
      'Filter the wire',
      'Pause',
      'Copy',
    ]) {
      await tabTo(name)
    }

    await page.reload()
    await tabTo(`${user}, your menu`)
    await page.keyboard.press('Enter')
    await tabTo('Sign out')
    await page.keyboard.press('Escape')
    expect(await focus()).toBe(`${user}, your menu`)
    await page.keyboard.press('Enter')
    await tabTo('Sign out')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  })
})
