import { describeInBrowser, type TestBrowser } from '@levels/shared/testing/browser.ts'
import { expect, it } from 'vitest'
import {
  connected,
  items,
  newUser,
  notify,
  pageServerForAll,
  signIn,
  signInElsewhere,
  socketsOf,
  titles,
  wireOf,
} from '../support/page.ts'
import type { TestServer } from '../support/server.ts'

/** A page that is signed in, and its buttons that hurt. */
async function open(browser: TestBrowser, server: TestServer) {
  const user = await newUser(server, { seen: 1 })
  const page = await signIn(browser, server, user, { clock: true })
  await expect.poll(() => items(page).count()).toBe(1)
  const panel = page.getByRole('group', { name: 'Break it' })
  return {
    user,
    page,
    press: (name: string) => panel.getByRole('button', { name }).click(),
    outcome: panel.getByRole('status'),
  }
}

describeInBrowser('at level 3, the button', (browser) => {
  const server = pageServerForAll()

  it('"Cut the connection" costs nothing: the page comes back and gets what came meanwhile, once', async () => {
    const { user, page, press, outcome } = await open(browser, server())
    await press('Cut the connection')
    await outcome.getByText(/^Cut\. The page comes back by itself/).waitFor()
    await notify(server(), user, { title: 'Meanwhile' })
    await expect.poll(() => titles(page)).toEqual(['Meanwhile', 'Number 1'])
    await connected(page)
    await expect
      .poll(() => wireOf(page))
      .toContainEqual(expect.stringMatching(/^↑ connect 40\{.*"after":1\}$/))
    expect(socketsOf(server(), user)).toBe(1)
  })

  it('"Go offline 10 s" lets nothing through, then all that waited in the log', async () => {
    const { user, page, press, outcome } = await open(browser, server())
    await press('Go offline 10 s')
    await outcome.getByText('Offline for 10 seconds').waitFor()
    await expect.poll(() => socketsOf(server(), user)).toBe(0)
    await page.getByRole('button', { name: 'Mark as read: Number 1' }).click()
    await page.getByText('Not connected at the moment. Try again when the light is green.').waitFor()
    await notify(server(), user, { title: 'While offline' })
    await page.clock.runFor(8_000)
    expect(await titles(page)).toEqual(['Number 1'])
    await page.clock.runFor(8_000) // the rest of the ten seconds, and the longest delay
    await page.locator('#away').getByText('1 notification arrived. It is marked below.').waitFor()
    expect(await titles(page)).toEqual(['While offline', 'Number 1'])
    expect(page.problems).toEqual([])
  })

  it('"Send twice" sends one notification, for both requests have one key', async () => {
    const { page, press, outcome } = await open(browser, server())
    await press('Send twice')
    await outcome.getByText('Both requests got number 2').waitFor()
    await expect.poll(() => titles(page)).toEqual(['Sent twice', 'Number 1'])
    expect((await wireOf(page)).filter((line) => line.includes('POST /api/notifications → 20'))).toHaveLength(
      2,
    )
  })

  it('"Send garbage" is refused with a code, ends this socket only, and the page is back', async () => {
    const { user, page, press, outcome } = await open(browser, server())
    const other = await (await signInElsewhere(server(), user)).tab()
    await press('Send garbage')
    await outcome.getByText('An operator object as an id: bad_payload, nothing deleted.').waitFor()
    await expect
      .poll(async () => (await wireOf(page)).filter((line) => line.includes('session:ready')))
      .toHaveLength(2)
    await connected(page)
    expect(await titles(page)).toEqual(['Number 1'])
    expect(other.heard('session:ready')).toHaveLength(1)
    expect(other.socket.connected).toBe(true)
  })

  it('"Expire my token" gets the handshake refused; the page refreshes and is back, unnoticed', async () => {
    const { page, press, outcome } = await open(browser, server())
    await press('Expire my token')
    await outcome.getByText(/refused, refreshed, back/).waitFor()
    await expect
      .poll(async () => (await wireOf(page)).filter((line) => line.includes('session:ready')))
      .toHaveLength(2)
    const wire = (await wireOf(page)).join('\n')
    expect(wire).toMatch(
      /↓ refused 44\{.*token_expired.*[\s\S]*POST \/api\/auth\/refresh → 200[\s\S]*↓ event 42\["session:ready"/,
    )
    expect(wire.match(/POST \/api\/auth\/refresh/g)).toHaveLength(1)
    await connected(page)
  })

  it('"Replay my refresh token" ends the session, cuts its sockets in every tab, and says why', async () => {
    const { user, page, press } = await open(browser, server())
    const second = await browser.newTab(page, server().url)
    await connected(second)
    const otherDevice = await (await signInElsewhere(server(), user)).tab()
    await press('Replay my refresh token')
    for (const tab of [page, second]) await tab.getByRole('heading', { name: 'Sign in' }).waitFor()
    await page.getByText(/because its refresh token was used twice/).waitFor()
    await expect
      .poll(() => wireOf(page))
      .toContainEqual(expect.stringContaining('replay → 401 session_revoked'))
    await expect.poll(() => socketsOf(server(), user)).toBe(1)
    expect(otherDevice.socket.connected).toBe(true)
    await page.reload()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  })
})
