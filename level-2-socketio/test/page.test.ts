import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createPage } from '@levels/shared/server/page.ts'
import { viteConfig } from '@levels/shared/server/vite.ts'
import { findViolations } from '@levels/shared/testing/axe.ts'
import { describeInBrowser, type TestBrowser, type TestPage } from '@levels/shared/testing/browser.ts'
import { expect, it } from 'vitest'
import { afterTest, startServer, type TestServer } from './support.ts'

const levelDir = path.join(import.meta.dirname, '..')

/** The level with its page, as in development. The grace is the real one: a page needs some time to load. */
async function startWithPage(dir = levelDir, production = false): Promise<TestServer> {
  const page = createPage(dir, production)
  const server = await startServer({ page, graceMs: 3_000 }, (http) => page.attach(http))
  afterTest(() => page.close())
  return server
}

async function signIn(page: TestPage, username: string): Promise<TestPage> {
  await page.getByLabel('Username').fill(username)
  await page.getByRole('button', { name: 'Connect', exact: true }).click()
  await page.getByRole('heading', { name: `You are ${username}` }).waitFor()
  return page
}

const visitAs = async (browser: TestBrowser, url: string, username: string) =>
  signIn(await browser.visit(url), username)

async function say(page: TestPage, text: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(text)
  await page.getByRole('button', { name: 'Send', exact: true }).click()
}

async function join(page: TestPage, room: string): Promise<void> {
  await page.getByLabel('Room', { exact: true }).fill(room)
  await page.getByRole('button', { name: 'Join' }).click()
  await page.getByRole('button', { name: `Leave ${room}` }).waitFor()
}

const texts = (page: TestPage, selector: string) => page.locator(selector).allTextContents()
const messages = (page: TestPage) => texts(page, '#messages p')
const people = (page: TestPage) => texts(page, '#people button')
const wire = (page: TestPage) => page.getByRole('region', { name: 'On the wire' })

describeInBrowser('the page of level 2', (browser) => {
  it('lets two people see each other and talk', async () => {
    const { url } = await startWithPage()
    const alice = await visitAs(browser, url, 'alice')
    const bob = await visitAs(browser, url, 'bob')
    await expect.poll(() => people(alice)).toEqual(['alice (you)', 'bob'])
    expect(await people(bob)).toEqual(['alice', 'bob (you)'])
    await say(bob, 'hello')
    await expect.poll(() => messages(alice)).toEqual(['hello'])
    await expect.poll(() => messages(bob)).toEqual(['hello'])
    expect(await bob.getByLabel('Message', { exact: true }).inputValue()).toBe('')
    expect([...alice.problems, ...bob.problems]).toEqual([])
  })

  it('says in words why a name is not let in, and takes another one', async () => {
    const { url } = await startWithPage()
    await visitAs(browser, url, 'alice')
    const page = await browser.visit(url)
    for (const [name, words] of [
      ['', 'Choose a username.'],
      ['a', 'A username has 2 to 20'],
      ['al ice', 'A username has 2 to 20'],
      ['ALICE', 'Somebody called alice is online'],
    ] as const) {
      await page.getByLabel('Username').fill(name)
      await page.getByRole('button', { name: 'Connect', exact: true }).click()
      await page.getByRole('alert').getByText(words).waitFor()
      expect(await page.getByLabel('Username').getAttribute('aria-invalid')).toBe('true')
    }
    await signIn(page, 'carol')
    expect(await page.locator('#sign-in-error').textContent()).toBe('')
  })

  it('is the same user in every tab, and over a reload, and nobody else notices', async () => {
    const { url } = await startWithPage()
    const bob = await visitAs(browser, url, 'bob')
    const alice = await visitAs(browser, url, 'alice')
    const tab = await browser.newTab(alice, url)
    expect(await tab.getByLabel('Username').inputValue()).toBe('alice')
    await tab.getByRole('button', { name: 'Connect', exact: true }).click()
    await join(tab, 'tea')
    await alice.getByRole('button', { name: 'Leave tea' }).waitFor()
    await alice.reload()
    await alice.getByRole('heading', { name: 'You are alice' }).waitFor()
    await alice.getByRole('button', { name: 'Leave tea' }).waitFor()
    expect(await people(bob)).toEqual(['alice', 'bob (you)'])
    const wireOfBob = await wire(bob).locator('code').allTextContents()
    expect(wireOfBob.filter((line) => line.includes('user:joined'))).toHaveLength(1)
    expect(wireOfBob.filter((line) => line.includes('user:left'))).toEqual([])
  })

  it('can be two users in two tabs, each staying who it is', async () => {
    const { url } = await startWithPage()
    const alice = await visitAs(browser, url, 'alice')
    const bob = await signIn(await browser.newTab(alice, url), 'bob')
    await alice.reload()
    await alice.getByRole('heading', { name: 'You are alice' }).waitFor()
    await expect.poll(() => people(bob)).toEqual(['alice', 'bob (you)'])
  })

  it('keeps rooms and private talks apart, and counts what is unread', async () => {
    const { url } = await startWithPage()
    const alice = await visitAs(browser, url, 'alice')
    const bob = await visitAs(browser, url, 'bob')
    await join(alice, 'tea')
    await join(bob, 'tea')
    await expect.poll(() => texts(alice, '#rooms .hint')).toEqual(['alice, bob'])
    await say(bob, 'milk?')
    await expect.poll(() => messages(alice)).toEqual(['milk?'])

    await bob.locator('#people').getByRole('button', { name: 'alice' }).click()
    await say(bob, 'psst')
    await alice.getByRole('button', { name: '@bob 1 new' }).click()
    expect(await messages(alice)).toEqual(['psst'])
    await alice.getByRole('button', { name: 'Everyone' }).click()
    expect(await messages(alice)).toEqual([])
    await alice.getByText('Nothing yet. What you write here goes to everyone who is online').waitFor()

    await bob.getByRole('button', { name: 'Leave tea' }).click()
    await expect.poll(() => texts(alice, '#rooms .hint')).toEqual(['alice'])
    await bob.getByText('You are in no room').waitFor()
    expect([...alice.problems, ...bob.problems]).toEqual([])
  })

  it('says in words what the server refuses', async () => {
    const { url } = await startWithPage()
    const alice = await visitAs(browser, url, 'alice')
    await alice.getByLabel('Room', { exact: true }).fill('Tea Time')
    await alice.getByRole('button', { name: 'Join' }).click()
    await alice.locator('#room-error').getByText("A room's name has 1 to 30 of a-z, 0-9 and -.").waitFor()
    await say(alice, '')
    await alice.locator('#message-error').getByText('1 to 2000 characters').waitFor()
    await alice.getByRole('button', { name: 'Disconnect' }).click()
    await say(alice, 'anybody?')
    await alice.locator('#message-error').getByText('Not sent: there is no connection.').waitFor()
    expect(await alice.getByLabel('Message', { exact: true }).inputValue()).toBe('anybody?')
  })

  it('shows who is typing, until the message is there', async () => {
    const { url } = await startWithPage()
    const alice = await visitAs(browser, url, 'alice')
    const bob = await visitAs(browser, url, 'bob')
    await bob.getByLabel('Message', { exact: true }).pressSequentially('hm')
    await alice.getByText('bob is typing…').waitFor()
    await say(bob, 'hm')
    await expect.poll(() => alice.locator('#typing').textContent()).toBe('')
  })

  it('shows a notification from outside as a toast and in the list', async () => {
    const { url } = await startWithPage()
    const alice = await visitAs(browser, url, 'alice')
    await fetch(`${url}/notify`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: 'Lunch is ready', to: 'alice' }),
    })
    await alice.locator('.toast').getByText('Lunch is ready').waitFor()
    expect(await texts(alice, '#notifications h3')).toEqual(['Lunch is ready'])
    await alice.getByLabel('For').selectOption('alice')
    await alice.getByRole('button', { name: 'Notify' }).click()
    await alice.getByText('Sent to 1 open socket.').waitFor()
    expect(await alice.locator('#curl').textContent()).toContain(`${url}/notify`)
  })

  it('shows names and texts of others as text, never as HTML', async () => {
    const { url, enter } = await startWithPage()
    const alice = await visitAs(browser, url, 'alice')
    const mallory = await enter('__proto__')
    const attack = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
    await mallory.ask('message:send', { text: attack })
    await expect.poll(() => messages(alice)).toEqual([attack])
    await expect.poll(() => people(alice)).toEqual(['__proto__', 'alice (you)'])
    expect(await alice.locator('main img, main script').count()).toBe(0)
    expect(alice.problems).toEqual([])
  })

  it('comes back by itself after a cut, with what was said meanwhile, once', async () => {
    const { url, enter } = await startWithPage()
    const bob = await enter('bob')
    const alice = await visitAs(browser, url, 'alice')
    await alice.getByRole('button', { name: 'Cut the connection' }).click()
    await bob.ask('message:send', { text: 'while you were away' })
    await wire(alice).getByText('recovered: true').waitFor()
    await alice.getByText('connected as alice').waitFor()
    await bob.ask('message:send', { text: 'and now' })
    await expect.poll(() => messages(alice)).toEqual(['while you were away', 'and now'])
    expect(bob.got('user:left')).toEqual([])
  })

  it.each([
    ['Send twice', 'with two ids'],
    ['Send garbage', 'hung up on this socket only'],
    ['Send 70 KiB', 'drops this socket'],
    ['Send 100 at once', '20 were handled, 80 were answered with rate_limited'],
  ])('has a button that hurts, and survives it: %s', async (name, outcome) => {
    const { url } = await startWithPage()
    const alice = await visitAs(browser, url, 'alice')
    const breakIt = alice.getByRole('group', { name: 'Break it' })
    await breakIt.getByRole('button', { name }).click()
    await breakIt.getByText(outcome).waitFor()
    await alice.getByText('connected as alice').waitFor()
    const sendUntilThere = async () => {
      await say(alice, 'still here')
      return messages(alice)
    }
    await expect.poll(sendUntilThere, { timeout: 8_000, interval: 500 }).toContain('still here')
  })

  it('comes back from being offline for longer than the grace: announced anew, in no room', async () => {
    const { url, enter } = await startWithPage()
    const bob = await enter('bob')
    const alice = await visitAs(browser, url, 'alice')
    await join(alice, 'tea')
    await alice.getByRole('button', { name: 'Go offline 10 s' }).click()
    await alice.getByText('trying again').waitFor()
    await bob.next('user:left', { username: 'alice' })
    await bob.ask('message:send', { text: 'while you were away' })
    await wire(alice).getByText('recovered: true').waitFor({ timeout: 30_000 })
    await alice.getByText('You are in no room').waitFor()
    expect(await messages(alice)).toEqual(['while you were away'])
    expect(bob.got('user:joined')).toHaveLength(2)
  }, 60_000)

  it('shows each packet on the wire, and what it means', async () => {
    const { url } = await startWithPage()
    const alice = await visitAs(browser, url, 'alice')
    await say(alice, 'hello')
    const lines = wire(alice)
    await lines.getByText('40{"username":"alice"}', { exact: true }).waitFor()
    await lines.getByText(/^42\d\["message:send",\{"text":"hello"\}\]$/).waitFor()
    await lines.getByText('a message, please pass it on (wants acknowledgement').waitFor()
    await lines.getByText(/^43\d\[\{"ok":true,"data":\{"id"/).waitFor()
    await lines.getByText(/^42\["session",\{"sessionId"/).waitFor()
  })

  it('can be used by everybody: in the light and in the dark, signed in or not', async () => {
    const { url, enter } = await startWithPage()
    const bob = await enter('bob')
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.visit(url, { colorScheme, viewport: { width: 390, height: 844 } })
      expect(await findViolations(page)).toEqual([])
      await signIn(page, 'alice')
      await join(page, 'tea')
      await say(page, 'hello')
      await bob.ask('message:send', { text: 'hi' })
      await page.getByRole('button', { name: 'Notify' }).click()
      await page.locator('.toast').waitFor()
      await page.getByRole('button', { name: 'Everyone 1 new' }).waitFor()
      expect(await findViolations(page)).toEqual([])
      const tooWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
      expect(tooWide).toBe(false)
      await page.getByRole('button', { name: 'Disconnect' }).click()
      await bob.next('user:left')
    }
  })

  it('works as built for production, too', async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'level-2-'))
    afterTest(() => rmSync(dir, { recursive: true }))
    const { build } = await import('vite')
    const config = viteConfig(levelDir)
    await build({ ...config, build: { ...config.build, outDir: path.join(dir, 'dist') } })
    const { url } = await startWithPage(dir, true)
    const alice = await visitAs(browser, url, 'alice')
    await say(alice, 'from the build')
    await expect.poll(() => messages(alice)).toEqual(['from the build'])
    expect(alice.problems).toEqual([])
  })
})
