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

  it('has buttons that hurt, and survives each', async () => {
    const { url } = await startWithPage()
    const alice = await visitAs(browser, url, 'alice')
    const breakIt = alice.getByRole('group', { name: 'Break it' })
    for (const [name, outcome] of [
      ['Send twice', 'with two ids'],
      ['Send 100 at once', /^\d+ were handled, [1-9]\d* were answered with rate_limited/],
      ['Send garbage', 'hung up on this socket only'],
      ['Send 70 KiB', 'drops this socket'],
    ] as const) {
      await breakIt.getByRole('button', { name }).click()
      await breakIt.getByText(outcome).waitFor()
      const sendUntilThere = async () => {
        await say(alice, `after ${name}`)
        return messages(alice)
      }
      await expect.poll(sendUntilThere, { interval: 500 }).toContain(`after ${name}`)
    }
  })

  it('comes back from being offline for longer than the grace: announced anew, in its rooms, with all that was said', async () => {
    const { url, enter } = await startWithPage()
    const bob = await enter('bob')
    const alice = await visitAs(browser, url, 'alice', { clock: true })
    await join(alice, 'tea')
    await alice.getByRole('button', { name: 'Go offline 10 s' }).click()
    await alice.getByText('trying again').waitFor()
    await bob.next('user:left', { username: 'alice' })
    await bob.ask('message:send', { text: 'while you were away' })
    await bob.ask('message:send', { text: 'for you', to: 'alice' })
    await alice.clock.runFor(16_000) // ten seconds offline, and the longest delay
    await wire(alice).getByText('recovered: true').waitFor()
    await alice.getByRole('button', { name: 'Leave tea' }).waitFor()
    for (const text of ['while you were away', 'for you']) await wire(alice).getByText(text).first().waitFor()
    expect(bob.got('user:joined')).toHaveLength(2)
  })
})
