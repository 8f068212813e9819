import { describeInBrowser } from '@levels/shared/testing/browser.ts'
import { expect, it } from 'vitest'
import { join, messages, people, say, signIn, startWithPage, texts, visitAs, wire } from './support/page.ts'

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
      ['ALICE', 'Somebody called alice is here'],
    ] as const) {
      await page.getByLabel('Username').fill(name)
      await page.getByRole('button', { name: 'Connect', exact: true }).click()
      await page.getByRole('alert').getByText(words).waitFor()
      expect(await page.getByLabel('Username').getAttribute('aria-invalid')).toBe('true')
    }
    await signIn(page, 'carol')
    // The best place is the chat's now, and the keyboard is in it.
    expect(await page.getByLabel('Username').isVisible()).toBe(false)
    expect(
      await page.getByLabel('Message', { exact: true }).evaluate((at) => at === document.activeElement),
    ).toBe(true)
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
    await alice.getByRole('log').getByText('bob joined').waitFor()
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
    await alice.getByRole('button', { name: '#tea', exact: true }).first().click()
    await alice.getByRole('log').getByText('bob left').waitFor()
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

  it('says goodbye when it is closed: the name is free after the grace', async () => {
    const { url, enter } = await startWithPage()
    const bob = await enter('bob')
    const page = await visitAs(browser, url, 'alice')
    await page.goto('about:blank')
    await bob.next('user:left', { username: 'alice' })
    expect((await enter('alice')).session.username).toBe('alice')
  })

  it('shows neither of its two secrets on the wire', async () => {
    const { url } = await startWithPage()
    const page = await visitAs(browser, url, 'alice')
    await wire(page).getByText('"sessionId":"').first().waitFor()
    const shown = await wire(page).textContent()
    expect(shown).toMatch(/"pid":"[\w-]{4}…"/)
    const secret = await page.evaluate(() => localStorage.getItem('level-2:session:alice'))
    expect(secret).toMatch(/^[\w-]{32}$/)
    expect(shown).not.toContain(secret)
  })
})
