import type { TestBrowser, TestPage } from '@levels/shared/testing/browser.ts'
import { expect } from 'vitest'

export type WorkerPage = Awaited<ReturnType<typeof openPage>>

/** A page with the worker in charge, for all tests of a group, and the browser's own way to deliver a push to it. */
export async function openPage(browser: TestBrowser, origin: string) {
  const page = await browser.visit(origin, { permissions: ['notifications'], stays: true })
  const devtools = await page.context().newCDPSession(page)
  const registered = new Promise<string>((resolve) => {
    devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const [first] = registrations
      if (first) resolve(first.registrationId)
    })
  })
  await devtools.send('ServiceWorker.enable')
  const waiting = page.context().waitForEvent('serviceworker')
  await page.evaluate(async () => {
    const heard: unknown[] = []
    navigator.serviceWorker.addEventListener('message', ({ data }) => heard.push(data))
    Object.assign(window, { heard })
    await navigator.serviceWorker.register('/sw.js')
    await navigator.serviceWorker.ready
  })
  const worker = await waiting
  const registrationId = await registered
  return {
    page,
    worker,
    /** Resolves when the worker has told the page that it is shown: two pushes at once, and a busy browser may lose one. */
    async push(data: string) {
      const before = await page.evaluate(() => (window as unknown as { heard: unknown[] }).heard.length)
      await devtools.send('ServiceWorker.deliverPushMessage', { origin, registrationId, data })
      await messages(page, before + 1)
    },
    /** Leaves the page as it was opened: nothing on the screen, nothing heard. */
    async tidy() {
      await page.waitForFunction(async () => {
        const registration = await navigator.serviceWorker.ready
        const notifications = await registration.getNotifications()
        for (const notification of notifications) notification.close()
        return notifications.length === 0
      })
      // Messages come in order: behind this one, none is on its way to the next test.
      await worker.evaluate(async () => {
        const { clients } = globalThis as unknown as {
          clients: { matchAll(options: object): Promise<{ postMessage(message: string): void }[]> }
        }
        for (const client of await clients.matchAll({ includeUncontrolled: true })) client.postMessage('last')
      })
      await page.waitForFunction(() => {
        const { heard } = window as unknown as { heard: unknown[] }
        return heard.at(-1) === 'last' && heard.splice(0)
      })
    },
  }
}

/** What is on the screen, once there are so many. */
export async function shown(page: TestPage, count = 1) {
  const read = () =>
    page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready
      const notifications = await registration.getNotifications()
      return notifications.map(({ title, body, tag, data }) => ({ title, body, tag, data }))
    })
  await expect.poll(async () => (await read()).length).toBeGreaterThanOrEqual(count)
  return read()
}

/** What the worker told the page, once it is so much. */
export const messages = (page: TestPage, count: number) =>
  page
    .waitForFunction((count) => {
      const { heard } = window as unknown as { heard: unknown[] }
      return heard.length >= count && heard
    }, count)
    .then((handle) => handle.jsonValue())
