import path from 'node:path'
import { createPage } from '@levels/shared/server/page.ts'
import type { TestBrowser, TestPage, VisitOptions } from '@levels/shared/testing/browser.ts'
import { builtPage } from '@levels/shared/testing/built-page.ts'
import { onTestFinished } from 'vitest'
import { startServer, type TestServer } from './server.ts'

export const levelDir = path.join(import.meta.dirname, '..', '..')

/** Starts level 2 with its page, built. The grace is the real one: a page needs some time to load. */
export async function startWithPage(): Promise<TestServer> {
  return serveFrom(await builtPage(levelDir), true)
}

/** Starts level 2 as in development: its page comes from its sources, and lets one look under the hood. */
export async function startInDevelopment(): Promise<TestServer> {
  return serveFrom(levelDir, false)
}

/** Starts level 2 with the page in `dir`. */
export async function serveFrom(dir: string, production: boolean): Promise<TestServer> {
  const page = createPage(dir, production)
  const server = await startServer({ page, graceMs: 3_000 }, (http) => page.attach(http))
  onTestFinished(() => page.close())
  return server
}

export async function signIn(page: TestPage, username: string): Promise<TestPage> {
  await page.getByLabel('Username').fill(username)
  await page.getByRole('button', { name: 'Connect', exact: true }).click()
  await page.getByRole('heading', { name: `You are ${username}` }).waitFor()
  return page
}

export const visitAs = async (browser: TestBrowser, url: string, username: string, options?: VisitOptions) =>
  signIn(await browser.visit(url, options), username)

export async function say(page: TestPage, text: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(text)
  await page.getByRole('button', { name: 'Send', exact: true }).click()
}

export async function join(page: TestPage, room: string): Promise<void> {
  await page.getByLabel('Room', { exact: true }).fill(room)
  await page.getByRole('button', { name: 'Join' }).click()
  await page.getByRole('button', { name: `Leave ${room}` }).waitFor()
}

export const texts = (page: TestPage, selector: string) => page.locator(selector).allTextContents()
export const messages = (page: TestPage) => texts(page, '#messages p')
export const people = (page: TestPage) => texts(page, '#people button')
export const wire = (page: TestPage) => page.getByRole('region', { name: 'On the wire' })
