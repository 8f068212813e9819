import { describeInBrowser } from '@levels/shared/testing/browser.ts'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { newUser, pageServerForAll, signIn, titles } from '../support/page.ts'
import { newPerson, type Person } from '../support/person.ts'

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
  /** What somebody does who is in this room, or wants to be, without a page. */
  const visitorOf = (room: string, person: Person) => ({
    join: () => person.api('POST', `/api/rooms/${room}/join`),
    say: (text: string) => person.api('POST', `/api/rooms/${room}/messages`, { text }),
  })
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
    const ben = await newPerson(server())
    const { asked, letThrough } = hold(page, '**/api/rooms', 'read')
    await page.evaluate(() => dispatchEvent(new Event('focus')))
    await asked
    await ben.api('POST', '/api/rooms', { name: 'Right now' })
    const join = page.getByRole('button', { name: 'Join Right now' })
    await join.waitFor()
    const loaded = page.waitForResponse('**/api/rooms')
    letThrough()
    await loaded
    await page.getByRole('list', { name: 'Rooms' }).getByRole('listitem').first().waitFor()
    expect(await join.count()).toBe(1)
  })

  it('what is said in a room that is open in front is read; what came while it was closed, on opening it', async () => {
    const ben = visitorOf('open-door', await newPerson(server()))
    const page = await signIn(browser, server(), await newUser(server()))
    await create(page, 'Open door')
    await ben.join()
    await page.locator('.room').getByRole('button', { name: 'Close' }).click()
    await ben.say('one')
    await page.getByLabel('Notifications, 1 unread').waitFor()
    await page.getByRole('button', { name: 'Open Open door' }).click()
    await page.getByLabel('Notifications, 0 unread').waitFor()
    await ben.say('two')
    await expect.poll(() => titles(page)).toEqual(['Open door', 'Open door'])
    await page.getByLabel('Notifications, 0 unread').waitFor()
  })

  it('a link leads there, and joins only by a click', async () => {
    const ann = await newPerson(server())
    const annsTab = await ann.tab()
    await ann.api('POST', '/api/rooms', { name: 'Garden' })
    const user = await newUser(server())
    const page = await signIn(browser, server(), user)
    const link = `${server().url}/#room/garden`
    await page.goto(link)
    await expect.poll(() => page.getByLabel('Join by link or slug').inputValue()).toBe('garden')
    expect(await page.getByRole('heading', { name: 'Garden' }).count()).toBe(0)
    expect(annsTab.heard('room:joined')).not.toContainEqual({ room: 'garden', username: user })
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Garden' }).waitFor()
    await annsTab.next('room:joined', ({ username }) => username === user)
    await page.getByText('Let others in').click()
    expect(await page.locator('.room code').textContent()).toBe(link)
  })

  it('a private one is for those who were invited', async () => {
    const [ann, ben] = [await newUser(server()), await newPerson(server())]
    const page = await signIn(browser, server(), ann)
    await page.getByLabel('private').check()
    await create(page, 'Surprise')
    const guest = visitorOf('surprise', ben)
    expect(await guest.join()).toMatchObject({ status: 404 })
    await page.getByText('Let others in').click()
    await page.getByLabel('Invite (a username)').fill(ben.username)
    await page.keyboard.press('Enter')
    await page.getByText(`Invited: ${ben.username} finds it in the log.`).waitFor()
    await guest.join()
    await chat(page).getByText(`${ben.username} joined`).waitFor()

    // The same from the other side.
    await ben.api('POST', '/api/rooms', { name: 'Present', private: true })
    await page.getByLabel('Join by link or slug').fill('present')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('There is no such room.').waitFor()
    await ben.api('POST', '/api/rooms/present/invitations', { username: ann })
    await page.locator('#rooms').getByText('invited', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Join Present' }).click()
    await page.locator('.room').getByRole('heading', { name: 'Present' }).waitFor()
  })

  it('older history comes on scrolling up, and who reads there is not moved by what is said', async () => {
    const ben = visitorOf('long-talk', await newPerson(server()))
    const page = await signIn(browser, server(), await newUser(server()))
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
    await ben.join()
    await ben.say('and more')
    await chat(page).getByText('and more').waitFor({ state: 'attached' })
    expect((await scroll(page))[0]).toBe(place[0])
  })

  it('what comes while a room opens stays, in the page that is on its way or not; older history still comes', async () => {
    const ben = await newPerson(server())
    const page = await signIn(browser, server(), await newUser(server()))
    for (const [name, when, count] of [
      ['read-before', 'read', 52],
      ['read-after', 'asked for', 51],
    ] as const) {
      const guest = visitorOf(name, ben)
      await create(page, name)
      const lines = Array.from({ length: 60 }, (_, n) => ({
        room: name,
        from: 'x',
        text: `${n}`,
        at: new Date(n),
      }))
      await server().models.RoomMessage.insertMany(lines)
      const { asked, letThrough } = hold(page, `**/api/rooms/${name}/messages?limit=50`, when)
      await page.getByRole('button', { name: `Open ${name}` }).click()
      await asked
      await guest.join()
      await guest.say('meanwhile')
      await chat(page).getByText('meanwhile').waitFor({ state: 'attached' })
      letThrough()
      await expect.poll(() => chat(page).getByRole('listitem').count(), { message: name }).toBe(count)
      for (const text of [`${ben.username} joined`, 'meanwhile'])
        expect(await chat(page).getByText(text).count(), `${name}: ${text}`).toBe(1)
      await chat(page).evaluate((list) => list.scrollTo(0, 0))
      await expect.poll(() => chat(page).getByRole('listitem').count(), { message: name }).toBe(62)
    }
  })
})
