import path from 'node:path'
import { quickHash, usernameKey } from '@levels/3-jwt-notifications/test/support/index.ts'
import { createPage, type Page as PageFiles } from '@levels/shared/server/page.ts'
import type { TestBrowser, TestPage, VisitOptions } from '@levels/shared/testing/browser.ts'
import { builtPage } from '@levels/shared/testing/built-page.ts'
import {
  type PushService,
  startPushService,
  type TestSubscription,
} from '@levels/shared/testing/push-service.ts'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import { PASSWORD } from './account.ts'
import { type Stack, startStack } from './stack.ts'

const levelDir = path.join(import.meta.dirname, '..', '..')

export interface PageStack extends Stack {
  service: PushService
}

/** One server with its page, built, and one push service, for all tests of a group. */
export function pageStackForAll(): () => PageStack {
  let stack: PageStack | undefined
  let page: PageFiles | undefined
  beforeAll(async () => {
    page = createPage(await builtPage(levelDir), true)
    const service = await startPushService()
    stack = { ...(await startStack({ settings: { pushCaFile: service.caFile }, page })), service }
  })
  afterAll(async () => {
    await stack?.close()
    await page?.close()
    await stack?.service.close()
  })
  return () => {
    if (!stack) throw new Error('The server runs only while tests do')
    return stack
  }
}

let users = 0
const passwordHash = quickHash(PASSWORD)

/** Makes a user. Returns the name, which nobody else has. */
export async function newUser({ models }: Stack, role: 'user' | 'admin' = 'user'): Promise<string> {
  const username = `visitor-${++users}`
  const account = { username, usernameKey: usernameKey(username), passwordHash: passwordHash, role }
  await models.User.create({ ...account, createdAt: new Date() })
  return username
}

export interface PushPage {
  page: TestPage
  /** What the browser subscribed to so far, last one last. */
  subscriptions: TestSubscription[]
  /** How often the user was asked, and whether that was in the click itself. */
  asked: { inClick: boolean }[]
  /** Hands the worker all that the push service has for this browser, as the browser does: twice is once on screen. */
  deliver(): Promise<void>
}

/** As much of a push service as a browser needs. */
export interface PushPlace extends Pick<PushService, 'messages'> {
  subscribe(options: { applicationServerKey?: string }): TestSubscription | Promise<TestSubscription>
}

/**
 * Opens the page in a browser that can be subscribed. Chromium subscribes at Google, over the internet; here it does at
 * the push service of the test. `permission` is what the user has answered so far; asked, the user says yes.
 */
export async function openPushPage(
  browser: TestBrowser,
  { url, service }: { url: string; service: PushPlace },
  {
    permission = 'default',
    ...options
  }: VisitOptions & { permission?: 'default' | 'granted' | 'denied' } = {},
): Promise<PushPage> {
  const page = await browser.visit('about:blank', { permissions: ['notifications'], ...options })
  const subscriptions: TestSubscription[] = []
  const asked: PushPage['asked'] = []
  await page.exposeFunction('subscribeAtService', async (applicationServerKey: string) => {
    const subscription = await service.subscribe({ applicationServerKey })
    subscriptions.push(subscription)
    return { endpoint: subscription.endpoint, keys: subscription.keys }
  })
  await page.exposeFunction('askUser', (inClick: boolean) => void asked.push({ inClick }))
  await page.addInitScript(fakePushManager, permission)
  await page.goto(url)
  const devtools = await page.context().newCDPSession(page)
  let registrationId: string | undefined
  devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
    registrationId = registrations[0]?.registrationId ?? registrationId
  })
  await devtools.send('ServiceWorker.enable')
  return {
    page,
    subscriptions,
    asked,
    async deliver() {
      const mine = service.messages.filter(({ endpoint }) =>
        subscriptions.some((subscription) => subscription.endpoint === endpoint),
      )
      for (const { plaintext: data } of mine) {
        if (registrationId === undefined) throw new Error('there is no worker')
        await devtools.send('ServiceWorker.deliverPushMessage', { origin: url, registrationId, data })
      }
    },
  }
}

/** Runs in the page, before its own scripts. */
function fakePushManager(permission: string): void {
  if (location.protocol === 'about:') return
  const page = window as unknown as {
    subscribeAtService(key: string): Promise<object>
    askUser(inClick: boolean): Promise<void>
  }
  const KEY = 'test-subscription'
  const PERMISSION = 'test-permission'
  const current = () => localStorage.getItem(PERMISSION) ?? permission
  Object.defineProperty(Notification, 'permission', { get: current })
  Notification.requestPermission = async () => {
    // Safari and Firefox want it asked in the click's own task: after an `await` there is no event any more.
    await page.askUser(window.event?.type === 'click')
    if (current() === 'default') localStorage.setItem(PERMISSION, 'granted')
    return current() as NotificationPermission
  }
  const read = () => {
    const saved = JSON.parse(localStorage.getItem(KEY) ?? 'null')
    if (!saved) return null
    const binary = atob(saved.key.replaceAll('-', '+').replaceAll('_', '/'))
    return {
      endpoint: saved.endpoint,
      options: { applicationServerKey: Uint8Array.from(binary, (char) => char.charCodeAt(0)).buffer },
      toJSON: () => ({ endpoint: saved.endpoint, expirationTime: null, keys: saved.keys }),
      unsubscribe: async () => {
        localStorage.removeItem(KEY)
        return true
      },
    }
  }
  Object.assign(PushManager.prototype, {
    getSubscription: async () => read(),
    subscribe: async ({ applicationServerKey: key }: { applicationServerKey: string }) => {
      localStorage.setItem(KEY, JSON.stringify({ ...(await page.subscribeAtService(key)), key }))
      return read()
    },
  })
}

export async function signIn(page: Page, username: string): Promise<void> {
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.locator('form').getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('status').getByText('connected', { exact: true }).waitFor()
}

/** What the worker has put on the screen. */
export function shown(page: Page): Promise<{ title: string; tag: string }[]> {
  return page.evaluate(async () => {
    const worker = await navigator.serviceWorker.getRegistration('/')
    return ((await worker?.getNotifications()) ?? []).map(({ title, tag }) => ({ title, tag }))
  })
}

/** As if the tab was in the background, or back in the foreground. */
export async function setVisible(page: Page, isVisible: boolean): Promise<void> {
  await page.evaluate(
    (value) => {
      Object.defineProperty(document, 'visibilityState', { value, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))
    },
    isVisible ? 'visible' : 'hidden',
  )
}
