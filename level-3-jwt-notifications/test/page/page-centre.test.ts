import { findViolations } from '@levels/shared/testing/axe.ts'
import { describeInBrowser } from '@levels/shared/testing/browser.ts'
import { expect, it } from 'vitest'
import {
  bell,
  connected,
  items,
  newUser,
  notify,
  pageServerForAll,
  send,
  signIn,
  titles,
  toasts,
} from '../support/page.ts'
import { newPerson } from '../support/person.ts'

describeInBrowser('the notification centre', (browser) => {
  const server = pageServerForAll()

  it('shows what somebody sends at once, with a toast, a badge that counts and a bell that shakes', async () => {
    const [alice, bob] = [await newUser(server()), await newPerson(server())]
    const page = await signIn(browser, server(), alice)
    await bob.send(alice, 'Lunch?', { message: 'At noon.', actionUrl: '/menu' })
    await expect.poll(() => titles(page)).toEqual(['Lunch?'])
    await items(page).getByText(`from ${bob.username}`).waitFor()
    await expect.poll(() => toasts(page)).toEqual([`${bob.username}: Lunch?`])
    await page.getByLabel('Notifications, 1 unread').waitFor()
    expect(await bell(page).getAttribute('class')).toContain('shake')
    await expect.poll(() => page.title()).toMatch(/^\(1\) Level 3/)
    expect(page.problems).toEqual([])
  })

  it('marks as read and unread, and the badge follows', async () => {
    const page = await signIn(browser, server(), await newUser(server(), { seen: 2 }))
    await page.getByRole('button', { name: 'Mark as read: Number 2' }).click()
    await page.getByLabel('Notifications, 1 unread').waitFor()
    expect(await items(page).nth(0).getAttribute('class')).not.toContain('unread')
    await page.getByRole('button', { name: 'Mark as unread: Number 2' }).click()
    await page.getByLabel('Notifications, 2 unread').waitFor()
    await page.getByRole('button', { name: 'Mark all read' }).click()
    await page.getByLabel('Notifications, 0 unread').waitFor()
    expect(await page.getByRole('button', { name: 'Mark all read' }).isDisabled()).toBe(true)
    await page.getByRole('button', { name: 'Unread', exact: true }).click()
    await page.getByText('All read.').waitFor()
  })

  it('deletes one, with the focus kept in the list, and everything that was read', async () => {
    const page = await signIn(browser, server(), await newUser(server(), { seen: 4 }))
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'))
    await page.getByRole('button', { name: 'Delete: Number 3' }).focus()
    await page.keyboard.press('Enter')
    await expect.poll(focused).toBe('Mark as read: Number 2')
    expect(await titles(page)).toEqual(['Number 4', 'Number 2', 'Number 1'])
    await page.keyboard.press('Enter')
    await expect.poll(focused).toBe('Mark as unread: Number 2')
    await page.getByRole('button', { name: 'Delete read' }).click()
    const question = page.getByRole('dialog', { name: 'Delete everything you have read?' })
    await question.getByRole('button', { name: 'Cancel' }).click()
    expect(await titles(page)).toEqual(['Number 4', 'Number 2', 'Number 1'])
    await page.getByRole('button', { name: 'Delete read' }).click()
    await question.getByRole('button', { name: 'Delete read' }).click()
    await expect.poll(() => titles(page)).toEqual(['Number 4', 'Number 1'])
    await page.reload()
    await expect.poll(() => titles(page)).toEqual(['Number 4', 'Number 1'])
  })

  it('filters by type and by unread, loading what lies further back', async () => {
    const user = await newUser(server(), { seen: 25 })
    const old = { userId: (await server().models.User.findOne({ username: user }).lean())?._id, seq: 2 }
    await server().models.Notification.updateOne(old, { type: 'price.drop', title: 'Old and cheap' })
    const page = await signIn(browser, server(), user)
    await expect.poll(() => items(page).count()).toBe(20)
    await page.locator('#centre').getByRole('combobox', { name: 'Type' }).selectOption('price.drop')
    await expect.poll(() => titles(page)).toEqual(['Old and cheap'])
    await page.getByRole('button', { name: 'Mark as read: Old and cheap' }).click()
    await page.getByRole('button', { name: /^Unread/ }).click()
    await page.getByText('Nothing unread of the type price.drop.').waitFor()
    await page.locator('#centre').getByRole('combobox', { name: 'Type' }).selectOption('')
    await expect.poll(() => items(page).count()).toBe(20)
    await page.getByRole('button', { name: 'Load more' }).click()
    await expect.poll(() => items(page).count()).toBe(24)
    expect(await page.getByRole('button', { name: 'Load more' }).isVisible()).toBe(false)
  })

  it('loads more by number: what arrives meanwhile neither repeats nor hides anything', async () => {
    const user = await newUser(server(), { seen: 45 })
    const page = await signIn(browser, server(), user)
    await expect.poll(() => items(page).count()).toBe(20)
    await notify(server(), user, { title: 'Number 46' })
    await expect.poll(() => items(page).count()).toBe(21)
    await page.getByRole('button', { name: 'Load more' }).click()
    await expect.poll(() => items(page).count()).toBe(41)
    await page.getByRole('button', { name: 'Load more' }).click()
    const all = Array.from({ length: 46 }, (_, n) => `Number ${46 - n}`)
    await expect.poll(() => titles(page)).toEqual(all)
    expect(await page.getByRole('button', { name: 'Load more' }).isVisible()).toBe(false)
  })

  it('sends to a user or oneself as anybody, to everyone as admin, and says why when it cannot', async () => {
    const [user, bob] = [await newUser(server()), await newPerson(server())]
    const page = await signIn(browser, server(), user)
    const form = page.locator('#send form')
    await form.getByLabel('To', { exact: true }).fill('nobody-here')
    await form.getByRole('button', { name: 'Send' }).click()
    await form.getByText('There is nobody of this name.').waitFor()
    await form.getByLabel('To', { exact: true }).fill('*')
    await form.getByRole('button', { name: 'Send' }).click()
    await form.getByRole('alert').getByText(/admin/i).waitFor()
    await form.getByLabel('To', { exact: true }).fill('me')
    await form.getByLabel(/^Action link/).fill('javascript:alert(1)')
    await form.getByRole('button', { name: 'Send' }).click()
    await form.getByRole('alert').getByText('must be a path like /orders/1 or an https URL').waitFor()
    await send(page, { to: bob.username, title: 'For bob' })
    expect(await toasts(page)).toEqual([])

    await server().models.User.updateOne({ username: user }, { role: 'admin' })
    await page.reload()
    await connected(page)
    await send(page, { to: '*', type: 'promotion', title: 'For everyone' })
    await page.getByText(/^Stored for \d+ users, and on its way/).waitFor()
    await expect.poll(() => titles(page)).toEqual(['For everyone'])
    const { body } = await bob.api('GET', '/api/notifications')
    expect(body.items).toMatchObject([{ title: 'For everyone' }, { title: 'For bob' }])
  })

  it('shows what strangers write as text, and makes links only of what is safe', async () => {
    const user = await newUser(server())
    const page = await signIn(browser, server(), user)
    const title = '<img src=x onerror="document.title=1">'
    const hostile = [
      'javascript:document.title=2',
      ' javascript:alert(1)',
      'data:text/html,x',
      '//evil.example',
      '/\\evil.example',
      'http://evil.example',
    ]
    // Past the server's own check, as if another program had written them into the database.
    await notify(server(), user, ...hostile.map((actionUrl) => ({ title, message: title, actionUrl })))
    await expect.poll(() => titles(page)).toEqual(hostile.map(() => title))
    await expect.poll(async () => (await toasts(page)).at(-1)).toBe(title)
    expect(await page.locator('main img, .toast img').count()).toBe(0)
    expect(await page.locator('#notifications a, .toast a').count()).toBe(0)
    const safe = [
      { title: 'Path', actionUrl: '/orders/7' },
      { title: 'Elsewhere', actionUrl: 'https://example.com/a' },
    ]
    await notify(server(), user, ...safe)
    const link = (name: string) => items(page).getByRole('link', { name })
    expect(await link('Open: Path').getAttribute('href')).toBe(`${server().url}/orders/7`)
    expect(await link('Open: Elsewhere').getAttribute('href')).toBe('https://example.com/a')
    expect(await link('Open: Elsewhere').getAttribute('rel')).toBe('noopener noreferrer')
    await expect.poll(() => page.title()).toMatch(/^\(8\) Level 3/)
    expect(page.problems).toEqual([])
  })

  it('opens under the bell, which counts to 999, from anywhere, and leads on to the whole', async () => {
    const page = await signIn(browser, server(), await newUser(server(), { seen: 1_000 }))
    const crowded = page.getByLabel('Notifications, 999+ unread')
    await crowded.waitFor()
    expect(await page.title()).toMatch(/^\(999\+\) Level 3/)
    await page.getByRole('button', { name: 'Cut the connection' }).scrollIntoViewIfNeeded()
    await crowded.click()
    const panel = page.getByRole('region', { name: 'Newest' })
    expect(await panel.getByRole('listitem').count()).toBe(8)
    await panel.getByRole('button', { name: 'Mark as read: Number 999' }).click()
    await page.getByLabel('Notifications, 999 unread').waitFor()
    expect(await findViolations(page)).toEqual([])
    await page.keyboard.press('Escape')
    expect(await panel.isVisible()).toBe(false)
    await page.keyboard.press('Enter')
    await panel.getByRole('button', { name: 'All notifications' }).click()
    expect(await panel.isVisible()).toBe(false)
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Notifications')
    await expect.poll(() => page.evaluate(() => scrollY)).toBeLessThan(100)
  })
})
