import { describeInBrowser, describeOnScreen, type TestBrowser } from '@levels/shared/testing/browser.ts'
import { expect, it } from 'vitest'
import {
  newUser,
  openPushPage,
  type PageStack,
  pageStackForAll,
  setVisible,
  shown,
  signIn,
} from '../support/push-page.ts'

/** Waking a worker takes a busy machine its time. */
const slowly = { timeout: 30_000, interval: 500 }

/** A page with push on, and its check-up. */
async function openCheckUp(browser: TestBrowser, stack: PageStack) {
  const opened = await openPushPage(browser, stack)
  await signIn(opened.page, await newUser(stack))
  await opened.page.getByRole('button', { name: 'Turn on push' }).click()
  await opened.page.getByText(/^On in this browser/).waitFor()
  return { ...opened, check: () => opened.page.getByRole('button', { name: 'Check', exact: true }).click() }
}

describeInBrowser('push, on the page of level 4,', (browser) => {
  const stack = pageStackForAll()
  const savedFor = async (username: string) => {
    const user = await stack().models.User.findOne({ username }).lean()
    const saved = stack().server.models.User.db.collection('pushsubscriptions')
    return saved.find({ userId: user?._id }).toArray()
  }

  it('is asked for on a click only, and first thing in it; then it is on', async () => {
    const user = await newUser(stack())
    const { page, asked, subscriptions } = await openPushPage(browser, stack())
    await signIn(page, user)
    const panel = page.getByRole('region', { name: 'Push' })
    await panel.getByText('Your browser will ask whether you allow it.').waitFor()
    expect(asked).toEqual([])
    await panel.getByRole('button', { name: 'Turn on push' }).click()
    await panel.getByText(/^On in this browser/).waitFor()
    expect(asked).toEqual([{ inClick: true }])
    expect(await savedFor(user)).toHaveLength(1)
    await panel.getByText('this one').waitFor()
    await page.reload()
    await panel.getByText(/^On in this browser/).waitFor()
    expect(asked).toHaveLength(1)
    expect(subscriptions).toHaveLength(1)
    expect(page.problems).toEqual([])
  })

  it('is explained, and not asked for again, where the user has blocked it', async () => {
    const { page, asked } = await openPushPage(browser, stack(), { permission: 'denied' })
    await signIn(page, await newUser(stack()))
    await page
      .getByText(/^You have blocked notifications for this site, and a page must not ask again/)
      .waitFor()
    expect(await page.getByRole('button', { name: /push$/ }).count()).toBe(0)
    expect(asked).toEqual([])
  })

  it.each([
    [
      'insecure',
      /works only on https, or on localhost/,
      () => Object.defineProperty(window, 'isSecureContext', { value: false }),
    ],
    ['unsupported', /This browser has no web push/, () => Reflect.deleteProperty(window, 'PushManager')],
  ])('is explained where it is %s', async (what, words, spoil) => {
    const page = await browser.visit('about:blank')
    await page.addInitScript(spoil)
    await page.goto(stack().url)
    await signIn(page, await newUser(stack()))
    await page.getByRole('region', { name: 'Push' }).getByText(words).waitFor()
    expect(await page.getByRole('button', { name: /push$/ }).count()).toBe(0)
    // On an iPhone there is a way; on plain http there is none.
    expect(await page.getByText(/“Add to Home Screen”/).count()).toBe(what === 'unsupported' ? 1 : 0)
    expect(page.problems).toEqual([])
  })

  it('that cannot be had says why and stays off: refused by the server, no push service, no answer from it within 10 s', async () => {
    const { page } = await openPushPage(browser, stack())
    await signIn(page, await newUser(stack()))
    const panel = page.getByRole('region', { name: 'Push' })
    const button = panel.getByRole('button', { name: 'Turn on push' })

    await page.route('**/api/push/subscriptions', (route) => {
      if (route.request().method() !== 'POST') return route.continue()
      const problem = {
        status: 400,
        code: 'endpoint_not_allowed',
        title: 'Bad Request',
        detail: 'Not a push service.',
      }
      return route.fulfill({ status: 400, json: problem, contentType: 'application/problem+json' })
    })
    await button.click()
    await panel.getByText('Not a push service.').waitFor()
    expect(await page.evaluate(() => localStorage.getItem('test-subscription'))).toBeNull()
    await panel.getByText('off', { exact: true }).waitFor()

    await page.evaluate(() => {
      PushManager.prototype.subscribe = async () => {
        throw new DOMException('Registration failed - push service error', 'AbortError')
      }
    })
    await button.click()
    await panel.getByText(/^Your browser could not subscribe: Registration failed/).waitFor()
    await panel.getByText('You have allowed notifications.').waitFor()

    await page.clock.install()
    await page.evaluate(() => {
      PushManager.prototype.subscribe = () => new Promise(() => undefined)
    })
    await button.click()
    await expect.poll(() => button.isDisabled()).toBe(true)
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
    await expect
      .poll(async () => {
        await page.clock.fastForward(10_000)
        return panel.getByText(/could not subscribe: no answer from its push service within 10 s/).isVisible()
      }, slowly)
      .toBe(true)
    await expect.poll(() => button.isEnabled()).toBe(true)
  })

  it('subscribes anew on the next load when the push service has given the endpoint up, the subscription was made for another key, or is gone', async () => {
    const user = await newUser(stack())
    const { page, subscriptions } = await openPushPage(browser, stack())
    await signIn(page, user)
    await page.getByRole('button', { name: 'Turn on push' }).click()
    const isOn = page.getByText(/^On in this browser/)
    await isOn.waitFor()
    const saved = async () => (await savedFor(user)).map(({ endpoint }) => endpoint)

    await stack().models.User.db.collection('pushsubscriptions').deleteMany({})
    await page.reload()
    await expect.poll(() => subscriptions.length).toBe(2)
    await isOn.waitFor()
    expect(await saved()).toEqual([subscriptions[1]?.endpoint])

    await page.evaluate(() => {
      const saved = JSON.parse(localStorage.getItem('test-subscription') ?? '{}')
      localStorage.setItem('test-subscription', JSON.stringify({ ...saved, key: `B${'A'.repeat(86)}` }))
    })
    await page.reload()
    await expect.poll(() => subscriptions.length).toBe(3)
    await isOn.waitFor()

    await page.evaluate(() => localStorage.removeItem('test-subscription'))
    await page.reload()
    await expect.poll(() => subscriptions.length).toBe(4)
    await expect.poll(saved).toContain(subscriptions[3]?.endpoint)
  })

  it('is turned off on both sides, here and not elsewhere', async () => {
    const user = await newUser(stack())
    const [here, there] = [await openPushPage(browser, stack()), await openPushPage(browser, stack())]
    for (const { page } of [here, there]) {
      await signIn(page, user)
      await page.getByRole('button', { name: 'Turn on push' }).click()
      await page.getByText(/^On in this browser/).waitFor()
    }
    await here.page.getByRole('button', { name: 'Turn off push' }).click()
    await here.page.getByText('You have allowed notifications.').waitFor()
    expect((await savedFor(user)).map(({ endpoint }) => endpoint)).toEqual([there.subscriptions[0]?.endpoint])
    await here.page.getByRole('button', { name: /^Remove the browser at/ }).click()
    await expect.poll(() => savedFor(user)).toEqual([])
  })

  it('ends in this browser with signing out, is not handed to the next user, and keeps nobody from signing out when it does not end', async () => {
    const [first, next] = [await newUser(stack()), await newUser(stack())]
    const { page } = await openPushPage(browser, stack())
    const signOut = async (user: string) => {
      await page.getByLabel(`${user}, your menu`).click()
      await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    }
    const signedOut = page.getByRole('heading', { name: 'Sign in' })
    await signIn(page, first)
    await page.getByRole('button', { name: 'Turn on push' }).click()
    await page.getByText(/^On in this browser/).waitFor()
    await signOut(first)
    await signedOut.waitFor()
    expect(await savedFor(first)).toEqual([])
    await signIn(page, next)
    await page.getByText('You have allowed notifications.').waitFor()
    expect(await savedFor(next)).toEqual([])
    expect(await page.evaluate(() => localStorage.getItem('test-subscription'))).toBeNull()

    await page.clock.install()
    await page.evaluate(() => {
      navigator.serviceWorker.getRegistration = () => new Promise(() => undefined)
    })
    await signOut(next)
    await expect
      .poll(async () => {
        await page.clock.fastForward(5_000)
        return signedOut.isVisible()
      }, slowly)
      .toBe(true)
  })

  it('opens what it is about when it is clicked', async () => {
    const { page } = await openPushPage(browser, stack())
    await signIn(page, await newUser(stack()))
    const click = (url: string) =>
      page.evaluate((url) => {
        const data = { type: 'push:clicked', id: 'n1', url }
        navigator.serviceWorker.dispatchEvent(new MessageEvent('message', { data }))
      }, url)
    await click('https://evil.example/')
    await click('/healthz')
    await page.waitForURL('**/healthz')
  })

  it('is checked link by link: a push service that refuses is named with its answer, a server that does not know, and a browser that is not subscribed', async () => {
    const { page, check, subscriptions } = await openCheckUp(browser, stack())
    subscriptions[0]?.setBehaviour({ answer: 403 })
    await check()
    await page.getByText(/^Broken at “push service accepted”\. The push service refused it: .*403/).waitFor()
    expect(await page.locator('.links [data-state=ok]').count()).toBe(4)
    await stack().server.models.User.db.collection('pushsubscriptions').deleteMany({})
    await check()
    await page.getByText(/^Broken at “server knows it”\./).waitFor()
    await page.evaluate(() => localStorage.removeItem('test-subscription'))
    await check()
    await page.getByText(/^Broken at “subscription”\. This browser is not subscribed/).waitFor()
  })
})

// The whole Chromium costs far more processor time: only what needs it is here.
describeOnScreen('push, where a notification comes to the screen,', (browser) => {
  const stack = pageStackForAll()

  it('brings what nobody has seen to the screen; what is seen at once stays in the page', async () => {
    const user = await newUser(stack())
    const { page, deliver } = await openPushPage(browser, stack())
    await signIn(page, user)
    await page.getByRole('button', { name: 'Turn on push' }).click()
    await page.getByText(/^On in this browser/).waitFor()
    await setVisible(page, false)
    const form = page.locator('#send form')
    await form.getByLabel('To', { exact: true }).fill('me')
    await form.getByLabel('Title', { exact: true }).fill('Are you there?')
    await form.getByRole('button', { name: 'Send' }).click()
    await expect
      .poll(() => deliver().then(() => shown(page)), slowly)
      .toMatchObject([{ title: 'Are you there?' }])
    await page.locator('#notifications').getByText('Are you there?').waitFor()
    await page.getByText(/last push accepted by the push service/).waitFor()
  })

  it('the check-up follows a test message to the screen; where the subscription is gone it names the answer, gives it up and makes a new one that works', async () => {
    const { page, check, subscriptions, deliver } = await openCheckUp(browser, stack())
    const holds = page.getByText('Every link holds: push works in this browser.')
    await check()
    await expect.poll(() => deliver().then(() => holds.isVisible()), slowly).toBe(true)
    expect(await page.locator('.links [data-state=ok]').count()).toBe(7)
    expect(page.problems).toEqual([])

    subscriptions[0]?.setBehaviour({ answer: 410 })
    await check()
    await page.getByText(/^Broken at “push service accepted”\. .*answered 410.* made a new one/).waitFor()
    expect(subscriptions).toHaveLength(2)
    await check()
    await expect.poll(() => deliver().then(() => holds.isVisible()), slowly).toBe(true)
  })
})
