import { describeOnScreen } from '@levels/shared/testing/browser.ts'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest'
import { PUBLIC_KEY, startWorkerHost, type WorkerHost } from '../support/worker-host.ts'
import { messages, openPage, shown, type WorkerPage } from '../support/worker-page.ts'

let host: WorkerHost

beforeAll(async () => {
  host = await startWorkerHost()
})
afterEach(() => {
  host.requests.length = 0
  host.signedIn = true
})
afterAll(() => host.close())

describeOnScreen('the service worker', (browser) => {
  // To open a page costs more than all that a test does with it: the tests share two.
  let opened: WorkerPage // stays where it is
  let away: WorkerPage // goes elsewhere

  beforeAll(async () => {
    opened = await openPage(browser, host.url)
    away = await openPage(browser, host.url)
  })
  afterEach(() => opened.tidy())

  const content = {
    id: 'n1',
    seq: 7,
    type: 'message',
    title: 'Ahoj 😀',
    message: 'Wörld',
    url: '/orders/7',
    unread: 3,
  }

  test('a push is shown as a notification, and open pages are told that it was', async () => {
    const { page, push } = opened
    await push(JSON.stringify(content))
    expect(await shown(page)).toEqual([
      { title: 'Ahoj 😀', body: 'Wörld', tag: 'n1', data: { id: 'n1', url: '/orders/7' } },
    ])
    expect(await messages(page, 1)).toEqual([{ type: 'push:shown', id: 'n1' }])
    expect(page.problems).toEqual([])
  })

  test('the browser is asked to keep the worker alive until a push is shown', async () => {
    const { worker } = opened
    const kept = await worker.evaluate(async () => {
      const done: unknown[] = []
      const waitUntil = (work: unknown) => void done.push(work)
      dispatchEvent(Object.assign(new Event('push'), { data: { text: () => 'Hello' }, waitUntil }))
      await Promise.all(done)
      const { registration } = globalThis as unknown as { registration: ServiceWorkerRegistration }
      return { promises: done.length, shown: (await registration.getNotifications()).length }
    })
    expect(kept).toEqual({ promises: 1, shown: 1 })
  })

  test.each([
    ['plain text', 'Just words', 'New notification', 'Just words'],
    ['nothing at all', '', 'New notification', 'Open the page to read it.'],
    ['broken JSON', '{"title":', 'New notification', '{"title":'],
    ['JSON that is no notification', '42', 'New notification', '42'],
    ['null', 'null', 'New notification', 'null'],
    ['a title alone', '{"title":"Hello"}', 'Hello', 'Open the page to read it.'],
  ])('%s is shown, too: a silent push would cost the subscription', async (_, data, title, body) => {
    const { page, push } = opened
    await push(data)
    expect(await shown(page)).toMatchObject([{ title, body }])
  })

  test('the same notification pushed twice is on the screen once', async () => {
    const { page, push } = opened
    await push(JSON.stringify(content))
    await push(JSON.stringify({ ...content, message: 'again' }))
    await push(JSON.stringify({ ...content, id: 'n2' }))
    await messages(page, 3)
    expect(await shown(page, 2)).toHaveLength(2)
  })

  /** Clicks on a notification with this link. A worker may open windows only after a real click, so we watch it try. */
  async function click({ worker }: WorkerPage, url: string, action = '') {
    return worker.evaluate(
      async ({ url, action }) => {
        const scope = globalThis as unknown as {
          clients: { openWindow?(url: string): void }
          WindowClient: { prototype: { focus(): Promise<void> } }
          dispatchEvent(event: Event): void
        }
        const done: unknown[] = []
        const result: { opened: string[]; focused: number; closed: number } = {
          opened: [],
          focused: 0,
          closed: 0,
        }
        const { focus } = scope.WindowClient.prototype
        scope.clients.openWindow = (target) => void result.opened.push(target)
        scope.WindowClient.prototype.focus = async () => {
          result.focused += 1
        }
        const close = () => {
          result.closed += 1
        }
        const notification = { data: { id: 'n1', url }, close }
        const waitUntil = (work: unknown) => void done.push(work)
        scope.dispatchEvent(
          Object.assign(new Event('notificationclick'), { action, notification, waitUntil }),
        )
        await Promise.all(done).finally(() => {
          delete scope.clients.openWindow
          scope.WindowClient.prototype.focus = focus
        })
        return result
      },
      { url, action },
    )
  }

  test('a notification has an icon, a badge and "Mark as read"; a test message has nothing to mark', async () => {
    const { page, push } = opened
    await push(JSON.stringify(content))
    await push(JSON.stringify({ ...content, id: 'test', seq: 0 }))
    await shown(page, 2)
    const found = await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready
      return (await registration.getNotifications()).map((notification) => {
        const { tag, icon, badge, actions } = notification as Notification & {
          badge: string
          actions: { action: string }[]
        }
        return { tag, icon, badge, actions: actions.map(({ action }) => action) }
      })
    })
    const pictures = { icon: `${host.url}/icon-192.png`, badge: `${host.url}/badge-96.png` }
    expect(found.sort((a, b) => a.tag.localeCompare(b.tag))).toEqual([
      { tag: 'n1', ...pictures, actions: ['read'] },
      { tag: 'test', ...pictures, actions: [] },
    ])
  })

  test('"Mark as read" does so as whoever is signed in, without opening the page', async () => {
    expect(await click(opened, '/orders/7', 'read')).toEqual({ opened: [], focused: 0, closed: 1 })
    expect(host.requests.map(({ route }) => route)).toEqual([
      'POST /api/auth/refresh',
      'PATCH /api/notifications/n1',
    ])
    expect(host.requests[1]).toMatchObject({
      headers: { authorization: 'Bearer fresh' },
      body: '{"read":true}',
    })
  })

  test('"Mark as read" after a sign-out changes nothing and opens the page instead', async () => {
    host.signedIn = false
    expect(await click(opened, '/orders/7', 'read')).toEqual({ opened: [], focused: 1, closed: 1 })
    expect(host.requests.map(({ route }) => route)).toEqual(['POST /api/auth/refresh'])
  })

  test('a click focuses the page that is open, and tells it where to go', async () => {
    expect(await click(opened, '/orders/7')).toEqual({ opened: [], focused: 1, closed: 1 })
    expect(await messages(opened.page, 1)).toEqual([{ type: 'push:clicked', id: 'n1', url: '/orders/7' }])
  })

  test.each([
    ['/orders/7?x=1#y', '/orders/7?x=1#y'],
    ['https://evil.example/', '/'],
    ['//evil.example/', '/'],
    ['/\\evil.example/', '/'],
    ['javascript:alert(1)', '/'],
    ['', '/'],
  ])('with no page open, a click on %j opens %s', async (url, target) => {
    await away.page.goto('about:blank')
    expect(await click(away, url)).toEqual({ opened: [target], focused: 0, closed: 1 })
  })

  test('a click passes over another document of the site, which would not follow it', async () => {
    const { page } = away
    await page.goto(`${host.url}/api-docs`)
    expect(await click(away, '/orders/7')).toEqual({ opened: ['/orders/7'], focused: 0, closed: 1 })
    const second = await page.context().newPage()
    onTestFinished(() => second.close())
    await second.goto(`${host.url}/?from=a-mail`)
    expect(await click(away, '/orders/7')).toEqual({ opened: [], focused: 1, closed: 1 })
  })

  /** The browser says that the subscription changed; headless Chromium has no push service to get a new one from. */
  async function changeSubscription({ worker }: WorkerPage) {
    return worker.evaluate(async () => {
      const scope = globalThis as unknown as {
        PushManager: { prototype: { subscribe(options: object): Promise<unknown> } }
        dispatchEvent(event: Event): void
      }
      const asked: object[] = []
      const done: unknown[] = []
      scope.PushManager.prototype.subscribe = async (options) => {
        asked.push(options)
        return { endpoint: 'https://push.example/new' }
      }
      const waitUntil = (work: unknown) => void done.push(work)
      scope.dispatchEvent(Object.assign(new Event('pushsubscriptionchange'), { waitUntil }))
      await Promise.all(done)
      return asked
    })
  }

  test('a subscription that the browser ended is made anew and saved for whoever is signed in', async () => {
    expect(await changeSubscription(opened)).toEqual([
      { userVisibleOnly: true, applicationServerKey: PUBLIC_KEY },
    ])
    expect(host.requests.map(({ route }) => route)).toEqual([
      'GET /api/push/public-key',
      'POST /api/auth/refresh',
      'POST /api/push/subscriptions',
    ])
    expect(host.requests[1]?.headers['x-requested-with']).toBe('fetch')
    expect(host.requests[2]).toMatchObject({
      headers: { authorization: 'Bearer fresh' },
      body: '{"endpoint":"https://push.example/new"}',
    })
    expect(await messages(opened.page, 1)).toEqual([{ type: 'push:subscription-changed' }])
  })

  test('with nobody signed in it is not saved: the page does that after the next sign-in', async () => {
    host.signedIn = false
    await changeSubscription(opened)
    expect(host.requests.map(({ route }) => route)).toEqual([
      'GET /api/push/public-key',
      'POST /api/auth/refresh',
    ])
  })
})
