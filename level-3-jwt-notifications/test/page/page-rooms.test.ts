import { describeInBrowser } from '@levels/shared/testing/browser.ts'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { newUser, pageServerForAll, signIn, titles } from '../support/page.ts'

/** Holds the answers to `url` until they are let through: read from the server already, or not even asked for there. */
function hold(page: Page, url: string, when: 'read' | 'asked for') {
  let letThrough = (): void => undefined
  const held = new Promise<void>((resolve) => {
    letThrough = resolve
  })
  const asked = new Promise<void>((resolve) => {
    void page.route(url, async (route) => {
      const response = when === 'read' ? await route.fetch() : undefined
      resolve()
      await held
      await route.fulfill({ response: response ?? (await route.fetch()) })
    })
  })
  return { asked, letThrough }
}

describeInBrowser('rooms, on the page', (browser) => {
  const server = pageServerForAll()
  const create = async (page: Page, name: string) => {
    await page.getByLabel('New room').fill(name)
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByRole('heading', { name, exact: true }).waitFor()
  }
  const say = async (page: Page, text: string) => {
    await page.getByLabel('Say something').fill(text)
    await page.getByRole('button', { name: 'Say', exact: true }).click()
  }
  const chat = (page: Page) => page.getByRole('log', { name: /^Messages in/ })
  const scroll = (page: Page) =>
    chat(page).evaluate((list) => [list.scrollTop, list.scrollHeight - list.clientHeight])

  it('one made elsewhere appears by itself; joins and leaves are lines; who is away finds it in the log', async () => {
    const [ann, ben] = [await newUser(server()), await newUser(server())]
    const [page, other] = [await signIn(browser, server(), ann), await signIn(browser, server(), ben)]
    await create(page, 'Book club')
    await page.evaluate(() => scrollTo(0, 0)) // not in front of the reader
    await other.getByRole('button', { name: 'Join Book club' }).click()
    await chat(page).getByText(`${ben} joined`).waitFor()
    await say(other, '<b>Which book?</b>')
    for (const tab of [page, other]) await chat(tab).getByText('<b>Which book?</b>').waitFor()
    await expect.poll(() => titles(page)).toEqual(['Book club'])
    expect(await titles(other)).toEqual([])
    await other.getByRole('button', { name: 'Leave Book club' }).click()
    await chat(page).getByText(`${ben} left`).waitFor()
    await other.getByRole('button', { name: 'Join Book club' }).waitFor()
    expect(await other.getByLabel('Say something').isVisible()).toBe(false)
    expect([...page.problems, ...other.problems]).toEqual([])
  })

  it('one made elsewhere while the list is on its way is in the list', async () => {
    const page = await signIn(browser, server(), await newUser(server()))
    const other = await signIn(browser, server(), await newUser(server()))
    const { asked, letThrough } = hold(page, '**/api/rooms', 'read')
    await page.evaluate(() => dispatchEvent(new Event('focus')))
    await asked
    await create(other, 'Right now')
    const join = page.getByRole('button', { name: 'Join Right now' })
    await join.waitFor()
    const loaded = page.waitForResponse('**/api/rooms')
    letThrough()
    await loaded
    await page.getByRole('list', { name: 'Rooms' }).getByRole('listitem').first().waitFor()
    expect(await join.count()).toBe(1)
  })

  it('what is said in a room that is open in front is read; what came while it was closed, on opening it', async () => {
    const [ann, ben] = [await newUser(server()), await newUser(server())]
    const [page, other] = [await signIn(browser, server(), ann), await signIn(browser, server(), ben)]
    await create(page, 'Open door')
    await other.getByLabel('Join by link or slug').fill('open-door')
    await other.keyboard.press('Enter')
    await page.locator('.room').getByRole('button', { name: 'Close' }).click()
    await say(other, 'one')
    await page.getByLabel('Notifications, 1 unread').waitFor()
    await page.getByRole('button', { name: 'Open Open door' }).click()
    await page.getByLabel('Notifications, 0 unread').waitFor()
    await say(other, 'two')
    await expect.poll(() => titles(page)).toEqual(['Open door', 'Open door'])
    await page.getByLabel('Notifications, 0 unread').waitFor()
  })

  it('a link leads there, and joins only by a click', async () => {
    const page = await signIn(browser, server(), await newUser(server()))
    await create(page, 'Garden')
    await page.getByText('Let others in').click()
    const link = await page.locator('.room code').textContent()
    expect(link).toBe(`${server().url}/#room/garden`)
    const guest = await signIn(browser, server(), await newUser(server()))
    await guest.goto(link ?? '')
    await expect.poll(() => guest.getByLabel('Join by link or slug').inputValue()).toBe('garden')
    expect(await guest.getByRole('heading', { name: 'Garden' }).count()).toBe(0)
    await guest.keyboard.press('Enter')
    await guest.getByRole('heading', { name: 'Garden' }).waitFor()
    await chat(page)
      .getByText(/joined$/)
      .waitFor()
  })

  it('a private one is for those who were invited', async () => {
    const ben = await newUser(server())
    const page = await signIn(browser, server(), await newUser(server()))
    const other = await signIn(browser, server(), ben)
    await page.getByLabel('private').check()
    await create(page, 'Surprise')
    await other.getByLabel('Join by link or slug').fill('surprise')
    await other.keyboard.press('Enter')
    await other.getByRole('alert').getByText('There is no such room.').waitFor()
    await page.getByText('Let others in').click()
    await page.getByLabel('Invite (a username)').fill(ben)
    await page.keyboard.press('Enter')
    await page.getByText(`Invited: ${ben} finds it in the log.`).waitFor()
    await other.locator('#rooms').getByText('invited', { exact: true }).waitFor()
    await other.getByRole('button', { name: 'Join Surprise' }).click()
    await chat(page).getByText(`${ben} joined`).waitFor()
  })

  it('older history comes on scrolling up, and who reads there is not moved by what is said', async () => {
    const page = await signIn(browser, server(), await newUser(server()))
    const other = await signIn(browser, server(), await newUser(server()))
    await create(page, 'Long talk')
    const said = Array.from({ length: 120 }, (_, n) => ({
      room: 'long-talk',
      from: 'somebody',
      text: `line ${n + 1}`,
      at: new Date(Date.now() - 1_000_000 + n * 1_000),
    }))
    await server().models.RoomMessage.insertMany(said)
    await page.getByRole('button', { name: 'Open Long talk' }).click()
    await expect.poll(() => chat(page).getByRole('listitem').count()).toBe(50)
    await expect
      .poll(async () => (await scroll(page)).reduce((top, end) => Math.abs(end - top)))
      .toBeLessThan(2)
    for (const count of [100, 120]) {
      await chat(page).evaluate((list) => list.scrollTo(0, 0))
      await expect.poll(() => chat(page).getByRole('listitem').count()).toBe(count)
    }
    const place = await scroll(page)
    expect(place[0]).toBeGreaterThan(100)
    await other.getByRole('button', { name: 'Join Long talk' }).click()
    await say(other, 'and more')
    await chat(page).getByText('and more').waitFor({ state: 'attached' })
    expect((await scroll(page))[0]).toBe(place[0])
  })

  it.each([
    ['is not yet in the page that is on its way', 'read-before', 52],
    ['is in it already', 'read-after', 51],
  ])('what comes while it opens stays, when it %s; older history still comes', async (_when, name, count) => {
    const ben = await newUser(server())
    const page = await signIn(browser, server(), await newUser(server()))
    const other = await signIn(browser, server(), ben)
    await create(page, name)
    const lines = Array.from({ length: 60 }, (_, n) => ({
      room: name,
      from: 'x',
      text: `${n}`,
      at: new Date(n),
    }))
    await server().models.RoomMessage.insertMany(lines)
    const answer = name === 'read-before' ? 'read' : 'asked for'
    const { asked, letThrough } = hold(page, `**/api/rooms/${name}/messages?limit=50`, answer)
    await page.getByRole('button', { name: `Open ${name}` }).click()
    await asked
    await other.getByRole('button', { name: `Join ${name}` }).click()
    await say(other, 'meanwhile')
    await chat(page).getByText('meanwhile').waitFor({ state: 'attached' })
    letThrough()
    await expect.poll(() => chat(page).getByRole('listitem').count()).toBe(count)
    for (const text of [`${ben} joined`, 'meanwhile'])
      expect(await chat(page).getByText(text).count()).toBe(1)
    await chat(page).evaluate((list) => list.scrollTo(0, 0))
    await expect.poll(() => chat(page).getByRole('listitem').count()).toBe(62)
  })
})
