import path from 'node:path'
import { nameKey } from '@levels/shared/server/names.ts'
import { createPage, type Page as PageFiles } from '@levels/shared/server/page.ts'
import type { TestBrowser, TestPage, VisitOptions } from '@levels/shared/testing/browser.ts'
import { builtPage } from '@levels/shared/testing/built-page.ts'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import { PASSWORD, type Person, signInOn } from './person.ts'
import { quickHash } from './quick-hash.ts'
import { startServer, type TestServer } from './server.ts'

const levelDir = path.join(import.meta.dirname, '..', '..')

/**
 * One server with its page, built, for all tests of a group: each test makes users of its own. `inDevelopment`: its page
 * comes from its sources, and lets one look under the hood.
 */
export function pageServerForAll({ inDevelopment = false } = {}): () => TestServer {
  let server: TestServer | undefined
  let page: PageFiles | undefined
  beforeAll(async () => {
    page = inDevelopment ? createPage(levelDir, false, false) : createPage(await builtPage(levelDir), true)
    server = await startServer({ page })
    await page.attach(server.http)
  })
  afterAll(() => Promise.all([server?.close(), page?.close()]))
  return () => {
    if (!server) throw new Error('The server runs only while tests do')
    return server
  }
}

let users = 0
const passwordHash = quickHash(PASSWORD)

export interface NewUser {
  /** How many notifications are in the log, "Number 1" and so on, all of them seen. */
  seen?: number
}

/** Makes a user. Returns the name, which nobody else has. */
export async function newUser(server: TestServer, { seen = 0 }: NewUser = {}): Promise<string> {
  const username = `visitor-${++users}`
  const account = { username, usernameKey: nameKey(username), passwordHash, role: 'user' as const }
  await server.models.User.create({ ...account, deliveredUpTo: seen, createdAt: new Date() })
  const contents = Array.from({ length: seen }, (_, n) => ({ title: `Number ${n + 1}` }))
  // In pieces: the database has two seconds for each.
  while (contents.length > 0) await notify(server, username, ...contents.splice(0, 100))
  return username
}

type Content = Partial<Parameters<TestServer['publish']>[0][number]>

async function userOf({ models }: TestServer, username: string) {
  const user = await models.User.findOne({ username }).lean()
  if (!user) throw new Error(`there is no ${username}`)
  return { id: user._id.toHexString(), username, role: user.role }
}

/** Signs this user in on one more device, which has no page. */
export async function signInElsewhere(server: TestServer, username: string): Promise<Person> {
  return signInOn(server, await userOf(server, username))
}

/** Stores notifications for this user and sends them out, as the server itself would. */
export async function notify(server: TestServer, username: string, ...contents: Content[]): Promise<void> {
  const { id } = await userOf(server, username)
  const plain = { userId: id, type: 'system', title: 'A title', message: 'A message' } as const
  await server.publish(contents.map((content) => ({ ...plain, ...content })))
}

/** How many sockets this user has. */
export function socketsOf({ io }: TestServer, username: string): number {
  return [...io.sockets.sockets.values()].filter(({ data }) => data.username === username).length
}

/** Opens the page as a new visitor and signs in. */
export async function signIn(
  browser: TestBrowser,
  { url }: TestServer,
  username: string,
  options?: VisitOptions,
): Promise<TestPage> {
  const page = await browser.visit(url, options)
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.locator('form').getByRole('button', { name: 'Sign in' }).click()
  await connected(page)
  return page
}

/** Until the page is connected. If it never is, the error tells what happened instead. */
export async function connected(page: Page): Promise<void> {
  const pill = page.locator('#pill')
  await pill
    .getByText('connected', { exact: true })
    .waitFor()
    .catch(async (error) => {
      const story = [await pill.textContent(), ...(await wireOf(page)).map((line) => line.slice(0, 200))]
      throw new Error(`${error}\n${story.join('\n')}`)
    })
}

/**
 * Cuts the page's connection, and keeps it from coming back. In this order: a browser that is offline may keep its
 * goodbye to itself, and the server would wait for it.
 */
export async function takeOffline(page: Page): Promise<void> {
  const connection = page.locator('#pill').getByText('connected', { exact: true })
  do {
    await page.context().setOffline(false)
    await page.getByRole('button', { name: 'Cut the connection' }).click()
    await connection.waitFor({ state: 'detached' })
    await page.context().setOffline(true)
  } while (await connection.isVisible()) // it was back before it was offline
}

export interface Sending {
  to?: string
  type?: string
  title?: string
  message?: string
  actionUrl?: string
}

/** Sends a notification with the page's form, and waits for the answer. */
export async function send(
  page: Page,
  { to = 'me', type, title, message, actionUrl }: Sending,
): Promise<void> {
  const form = page.locator('#send form')
  const field = (name: string) => form.getByLabel(name, { exact: true })
  await field('To').fill(to)
  if (type) await form.getByRole('combobox', { name: 'Type' }).selectOption(type)
  if (title !== undefined) await field('Title').fill(title)
  if (message !== undefined) await field('Message').fill(message)
  await form.getByLabel(/^Action link/).fill(actionUrl ?? '')
  await form.getByRole('button', { name: 'Send' }).click()
  await form.getByText(/^Stored/).waitFor()
}

export const items = (page: Page): Locator => page.locator('#notifications > li')
export const titles = (page: Page): Promise<string[]> =>
  page.locator('#notifications h3').evaluateAll((all) => all.map((one) => one.firstChild?.textContent ?? ''))
export const bell = (page: Page): Locator => page.getByRole('button', { name: /^Notifications, \d+ unread$/ })
export const toasts = (page: Page): Promise<string[]> => page.locator('.toast h3').allTextContents()

/** The lines on the wire, oldest first, each as "direction kind raw". */
export async function wireOf(page: Page): Promise<string[]> {
  const lines = await page
    .getByRole('region', { name: 'On the wire' })
    .getByRole('listitem')
    .evaluateAll((all) =>
      all.map((item) => {
        const part = (selector: string) => item.querySelector(selector)?.textContent ?? ''
        return `${part('span')} ${part('b')} ${part('code')}`
      }),
    )
  return lines.reverse()
}
