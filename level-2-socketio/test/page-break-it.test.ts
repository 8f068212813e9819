import { describeInBrowser } from '@levels/shared/testing/browser.ts'
import { expect, it } from 'vitest'
import { join, messages, say, startWithPage, visitAs, wire } from './support/page.ts'

describeInBrowser('breaking it on the page of level 2', (browser) => {
  it('comes back by itself after a cut, with what was said meanwhile, once', async () => {
    const { url, enter } = await startWithPage()
    const bob = await enter('bob')
    const alice = await visitAs(browser, url, 'alice')
    await alice.getByRole('button', { name: 'Cut the connection' }).click()
    await bob.ask('message:send', { text: 'while you were away' })
    await bob.ask('message:send', { text: 'for you', to: 'alice' })
    await bob.ask('message:send', { text: 'for you', to: 'alice' })
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

  it('comes back from being offline for longer than the grace: announced anew, in its rooms, with all that was said', async () => {
    const { url, enter } = await startWithPage()
    const bob = await enter('bob')
    const alice = await visitAs(browser, url, 'alice')
    await join(alice, 'tea')
    await alice.getByRole('button', { name: 'Go offline 10 s' }).click()
    await alice.getByText('trying again').waitFor()
    await bob.next('user:left', { username: 'alice' })
    await bob.ask('message:send', { text: 'while you were away' })
    await bob.ask('message:send', { text: 'for you', to: 'alice' })
    await wire(alice).getByText('recovered: true').waitFor({ timeout: 30_000 })
    await alice.getByRole('button', { name: 'Leave tea' }).waitFor()
    for (const text of ['while you were away', 'for you']) await wire(alice).getByText(text).first().waitFor()
    expect(bob.got('user:joined')).toHaveLength(2)
  }, 60_000)
})
