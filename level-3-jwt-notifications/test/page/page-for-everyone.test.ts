import { findBarriers } from '@levels/shared/testing/axe.ts'
import { describeInBrowser, type TestPage } from '@levels/shared/testing/browser.ts'
import { expect, it } from 'vitest'
import { connected, items, newUser, notify, pageServerForAll, toasts } from '../support/page.ts'

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

  it('has no barrier that axe-core knows and never scrolls sideways, light and dark, wide and narrow', async () => {
    const user = await newUser(server(), { seen: 2 })
    const page = await browser.visit(server().url)
    await page.getByRole('button', { name: 'Register' }).click()
    await page.getByLabel('Username').fill(user)
    await page.getByLabel('Password').fill('password123')
    await page.keyboard.press('Enter')
    await page.getByText('Somebody has this username already.').waitFor()
    expect(await findBarriers(page)).toEqual([])

    await page.getByRole('button', { name: 'Sign in' }).first().click()
    await page.locator('form').getByRole('button', { name: 'Sign in' }).click()
    await connected(page)
    await fill(page, user)
    for (const part of await page.getByRole('region', { name: 'Your account' }).locator('summary').all())
      await part.click()
    await page.getByText('Predict first').click()
    await page.getByLabel(`${user}, your menu`).click()
    expect(await findBarriers(page)).toEqual([])
    await page.setViewportSize({ width: 390, height: 844 })
    expect(await page.getByRole('button', { name: /^Try it/ }).innerText()).toMatch(/^Try it \d\/7$/)

    // A toast is seen from anywhere in the level, and never covers the wire below it.
    await notify(server(), user, { title: 'On a phone' })
    const toast = page.locator('.toast', { hasText: 'On a phone' })
    await toast.waitFor()
    await toast.hover() // it stays as long as the pointer is on it
    const boxes = async () => {
      const [over, wire] = await Promise.all([toast.boundingBox(), page.locator('#wire').boundingBox()])
      return { foot: (over?.y ?? 0) + (over?.height ?? 0), wire: wire?.y ?? 0 }
    }
    await page.evaluate(() => scrollTo(0, 0))
    expect((await boxes()).foot).toBeCloseTo(844 - 12, 0)
    await page.locator('#wire').evaluate((wire) => wire.scrollIntoView())
    const { foot, wire } = await boxes()
    expect(foot).toBeLessThanOrEqual(wire)
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
    /** Presses the key until each of these had the focus, in this order. */
    const reach = async (key: 'Tab' | 'Shift+Tab', ...names: string[]) => {
      const passed: string[] = []
      for (const name of names) {
        do {
          await page.keyboard.press(key)
          passed.push(await focus())
          if (passed.length > 150) throw new Error(`${name} is not reached: ${passed.join(' > ')}`)
        } while (passed.at(-1) !== name)
      }
    }
    await reach('Tab', 'Username')
    await page.keyboard.type(user)
    await reach('Tab', 'Password')
    await page.keyboard.type('password123')
    await page.keyboard.press('Enter')
    await expect.poll(() => items(page).count()).toBe(1)
    // Whoever signs in goes on at the first heading; the header stands before it.
    await expect.poll(focus).toBe('Notifications')

    await reach('Shift+Tab', 'Notifications, 1 unread')
    await page.keyboard.press('Enter')
    await reach('Tab', 'Mark as read: Number 1')
    await page.keyboard.press('Enter')
    await page.getByLabel('Notifications, 0 unread').waitFor()
    await page.keyboard.press('Escape')
    await reach('Tab', 'To', 'Type', 'Title', 'Message', 'Send', 'New room', 'Create', 'Sign out this device')
    await reach('Tab', 'Filter the wire', 'Pause', 'Copy', 'Cut the connection', 'Replay my refresh token')

    await page.reload()
    await connected(page)
    await reach('Tab', `${user}, your menu`)
    await page.keyboard.press('Enter')
    await reach('Tab', 'Sign out')
    await page.keyboard.press('Escape')
    expect(await focus()).toBe(`${user}, your menu`)
    await page.keyboard.press('Enter')
    await reach('Tab', 'Sign out')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  })
})
