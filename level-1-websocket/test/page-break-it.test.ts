import { describeInBrowser, type TestBrowser, type TestPage } from '@levels/shared/testing/browser.ts'
import { expect, it } from 'vitest'
import { logOf, startWithPage, wireOf } from './support/page.ts'

/** A page that is connected, reconnects without waiting, and whose break-it buttons can be pressed. */
async function open(browser: TestBrowser) {
  const server = await startWithPage()
  const page = await browser.visit(server.url, { clock: true })
  await page.getByText('connected', { exact: true }).waitFor()
  await page.evaluate(() => {
    Math.random = () => 0.1
  })
  const panel = page.getByRole('group', { name: 'Break it' })
  return {
    server,
    page,
    press: (name: string) => panel.getByRole('button', { name }).click(),
    outcome: panel.getByRole('status'),
  }
}

const isConnected = (page: TestPage) => page.getByText('connected', { exact: true }).isVisible()

describeInBrowser('at level 1, the button', (browser) => {
  it('"Cut the connection" loses what is pushed meanwhile; the page comes back by itself', async () => {
    const { server, page, press, outcome } = await open(browser)
    await press('Cut the connection')
    await outcome.getByText('The page reconnects by itself').waitFor()
    await expect.poll(() => wireOf(page)).toContain('· back-off 0.1 s')
    expect(await wireOf(page)).toContain('· close 1005')
    await expect.poll(() => isConnected(page)).toBe(true)
    await expect.poll(() => server.clients.size).toBe(1)
  })

  it('"Go offline 10 s" ends the connection, lets nothing through, and passes', async () => {
    const { server, page, press, outcome } = await open(browser)
    await press('Go offline 10 s')
    await outcome.getByText('Offline for 10 seconds').waitFor()
    await expect.poll(() => server.clients.size).toBe(0)
    await page.getByRole('button', { name: 'Push' }).click()
    await page.getByText('Not sent: the server cannot be reached.').waitFor()
    await page.clock.runFor(8_000)
    const failures = (await wireOf(page)).filter((line) => line === '· close 1006')
    expect(failures.length).toBeGreaterThan(2)
    expect(server.clients.size).toBe(0)
    const later = () => page.clock.runFor(1_000).then(() => isConnected(page))
    await expect.poll(later).toBe(true)
    expect(server.clients.size).toBe(1)
  })

  it('"Send twice" shows the message twice: nothing tells a repeat from a new one', async () => {
    const { page, press, outcome } = await open(browser)
    await press('Send twice')
    await outcome.getByText('Sent twice, shown twice').waitFor()
    await expect.poll(() => logOf(page)).toEqual(['am I one or two?', 'am I one or two?'])
  })

  it('"Send garbage" gets garbage back: to a raw WebSocket nothing is garbage', async () => {
    const { page, press, outcome } = await open(browser)
    await press('Send garbage')
    await outcome.getByText('Both came back').waitFor()
    await expect
      .poll(() => logOf(page))
      .toEqual([expect.stringMatching(/^([0-9a-f]{2} ){24}…$/), '{"half a JSON'])
  })

  it('"Send 70 KiB" ends this socket with 1009, and no other', async () => {
    const { server, page, press, outcome } = await open(browser)
    const other = await browser.visit(server.url)
    await expect.poll(() => server.clients.size).toBe(2)
    await press('Send 70 KiB')
    await outcome.getByText('code 1009').waitFor()
    await expect.poll(() => wireOf(page)).toContain('↓ close 1009')
    await expect.poll(() => server.clients.size).toBe(2)
    expect(await wireOf(other)).toHaveLength(2)
    expect(await isConnected(other)).toBe(true)
  })

  it('says so when there is no connection', async () => {
    const { page, press, outcome } = await open(browser)
    await page.getByRole('button', { name: 'Disconnect' }).click()
    await page.getByText('disconnected', { exact: true }).waitFor()
    await press('Cut the connection')
    await outcome.getByText('There is no connection to cut.').waitFor()
    for (const name of ['Send twice', 'Send garbage', 'Send 70 KiB']) {
      await outcome.evaluate((element) => element.replaceChildren())
      await press(name)
      await outcome.getByText('There is no connection.').waitFor()
    }
  })
})
