import path from 'node:path'
import { createPage } from '@levels/shared/server/page.ts'
import type { TestBrowser, TestPage } from '@levels/shared/testing/browser.ts'
import { afterTest, startServer, type TestServer } from './server.ts'

export const levelDir = path.join(import.meta.dirname, '..', '..')

/** The level with its page, as in development. The grace is the real one: a page needs some time to load. */
export async function startWithPage(dir = levelDir, production = false): Promise<TestServer> {
  const page = createPage(dir, production)
  const server = await startServer({ page, graceMs: 3_000 }, (http) => page.attach(http))
  afterTest(() => page.close())
  return server
}

export async function signIn(page: TestPage, username: string): Promise<TestPage> {
  await page.getByLabel('Username').fill(username)
  await page.getByRole('button', { name: 'Connect', exact: true }).click()
  await page.getByRole('heading', { name: `You are ${username}` }).waitFor()
  return page
}

export const visitAs = async (browser: TestBrowser, url: string, username: string) =>
  signIn(await browser.visit(url), username)

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
