import { findViolations } from '@levels/shared/testing/axe.ts'
import { describeInBrowser } from '@levels/shared/testing/browser.ts'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import {
  connected,
  newUser,
  notify,
  pageServerForAll,
  signIn,
  signInElsewhere,
  titles,
  toasts,
  wireOf,
} from '../support/page.ts'
import { request } from '../support/person.ts'

describeInBrowser('the account, on the page', (browser) => {
  const server = pageServerForAll()
  const account = (page: Page) => page.getByRole('region', { name: 'Your account' })
  const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent)
  const open = async (page: Page, part: string) => {
    const summary = account(page).locator('summary', { hasText: part })
    await summary.click()
    return summary.locator('..')
  }

  it('a changed password signs every other device out, and is the one that counts', async () => {
    const user = await newUser(server())
    const other = await (await signInElsewhere(server(), user)).tab()
    const page = await signIn(browser, server(), user)
    const part = await open(page, 'Change password')
    await part.getByLabel('Current password').fill('not this one')
    await part.getByLabel(/^New password/).fill('a new secret')
    await page.keyboard.press('Enter')
    await part.getByRole('alert').getByText('That is not your password.').waitFor()
    await part.getByLabel('Current password').fill('password123')
    await page.keyboard.press('Enter')
    await part.getByText('Changed. All your other devices are signed out.').waitFor()
    expect(await other.next('session:ended')).toEqual({ code: 'session_revoked' })
    for (const [password, status] of [
      ['password123', 401],
      ['a new secret', 200],
    ] as const) {
      const credentials = { username: user, password }
      expect(await request(server().url, 'POST', '/api/auth/login', credentials)).toMatchObject({ status })
    }
    await connected(page)
  })

  it('an account is deleted only after a question and with its password', async () => {
    const user = await newUser(server(), { seen: 1 })
    const page = await signIn(browser, server(), user)
    const part = await open(page, 'Delete account')
    await part.getByRole('button', { name: 'Delete account…' }).click()
    const question = page.getByRole('dialog', { name: `Delete the account ${user}?` })
    expect(await findViolations(page)).toEqual([])
    await page.keyboard.press('Escape')
    await question.waitFor({ state: 'detached' })
    await part.getByRole('button', { name: 'Delete account…' }).click()
    await question.getByLabel('Your password').fill('not this one')
    await page.keyboard.press('Enter')
    await question.getByText('That is not your password.').waitFor()
    await question.getByLabel('Your password').fill('password123')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(await page.getByText(/session was ended/).count()).toBe(0)
    expect(await server().models.User.countDocuments({ username: user })).toBe(0)
  })

  it('what is turned off makes no noise on the page, over a reload, and the log has it all the same', async () => {
    const user = await newUser(server())
    const page = await signIn(browser, server(), user)
    const part = await open(page, 'What makes itself noticed')
    expect(await part.getByLabel('login.new by push').isDisabled()).toBe(true)
    await part.getByLabel('system by page').uncheck()
    await part.getByRole('button', { name: '8 hours' }).click()
    await part.getByText(/^Quiet until /).waitFor()
    await part.getByRole('button', { name: 'End the quiet' }).click()
    await part.getByText('Be quiet for').waitFor()
    expect(await findViolations(page)).toEqual([])
    await page.reload()
    await connected(page)
    await open(page, 'What makes itself noticed')
    await expect.poll(() => part.getByLabel('system by page').isChecked()).toBe(false)
    await notify(server(), user, { type: 'system', title: 'Quiet' }, { type: 'promotion', title: 'Loud' })
    await expect.poll(() => titles(page)).toEqual(['Loud', 'Quiet'])
    await expect.poll(() => toasts(page)).toEqual(['Loud'])
  })

  it('a key is shown once, publishes by the curl line beside it, and can be revoked', async () => {
    const page = await signIn(browser, server(), await newUser(server()))
    const part = await open(page, 'Keys for programs')
    await part.getByLabel('Name of a new key').fill('kitchen')
    await page.keyboard.press('Enter')
    const command = (await part.locator('code').textContent()) ?? ''
    const [, key] = /Bearer (publish_[^"]+)" -d "Lunch" http/.exec(command) ?? []
    const publish = () =>
      fetch(`${server().url}/api/publish/me`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}` },
        body: 'Lunch',
      })
    const { status } = await publish()
    expect(await findViolations(page)).toEqual([])
    await part.getByRole('button', { name: 'Revoke kitchen' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await expect.poll(() => part.getByRole('listitem').count()).toBe(0)
    expect([status, (await publish()).status]).toEqual([201, 401])
    expect((await wireOf(page)).join(' ')).not.toContain(key)
  })

  it('"View devices" of a sign-in alert leads to the devices, told apart by when they signed in', async () => {
    const user = await newUser(server())
    const page = await signIn(browser, server(), user)
    await signInElsewhere(server(), user)
    await notify(server(), user, { type: 'login.new', title: 'New sign-in', actionUrl: '/#devices' })
    await page.getByRole('link', { name: 'View devices: New sign-in' }).click()
    const devices = page.getByRole('region', { name: 'Your devices' })
    await expect.poll(() => focused(page)).toBe('Your devices')
    await devices.getByText('this one').waitFor()
    await expect.poll(() => devices.getByText(/^signed in \d+ \w+, \d\d:\d\d:\d\d · /).count()).toBe(2)
  })

  it('signing in with the keyboard puts the focus into what was opened, by a mail, too, and its top into view', async () => {
    const user = await newUser(server(), { seen: 1 })
    const page = await browser.visit(server().url, { viewport: { width: 390, height: 500 } })
    const enter = async () => {
      await page.getByLabel('Username').fill(user)
      await page.getByLabel('Password').fill('password123')
      await page.keyboard.press('Enter')
      await connected(page)
    }
    await enter()
    await expect.poll(() => focused(page)).toBe('Notifications')
    expect(await page.evaluate(() => scrollY)).toBe(0)

    await page.getByLabel(`${user}, your menu`).click()
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await page.setViewportSize({ width: 1280, height: 720 })
    await page.goto('about:blank')
    await page.goto(`${server().url}/#devices`)
    await enter()
    await expect.poll(() => focused(page)).toBe('Your devices')
    const heading = page.getByRole('heading', { name: 'Your devices' })
    await expect.poll(() => heading.evaluate((at) => at.getBoundingClientRect().top)).toBeLessThan(700)
  })
})
