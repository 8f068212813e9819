import path from 'node:path'
import { createPage } from '@levels/shared/server/page.ts'
import { builtPage } from '@levels/shared/testing/built-page.ts'
import type { Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { startServer, type TestServer } from './server.ts'

export const levelDir = path.join(import.meta.dirname, '..', '..')

/** Starts level 1 with its page, built. A `port` is for one that comes back where it was. */
export async function startWithPage({ port = 0 } = {}): Promise<TestServer> {
  return serveFrom(await builtPage(levelDir), true, port)
}

/** Starts level 1 as in development: its page comes from its sources, and lets one look under the hood. */
export async function startInDevelopment(): Promise<TestServer> {
  return serveFrom(levelDir, false)
}

/** Starts level 1 with the page in `dir`. */
export async function serveFrom(dir: string, production: boolean, port = 0): Promise<TestServer> {
  const page = createPage(dir, production)
  const server = await startServer({ page }, { port, prepare: (http) => page.attach(http) })
  const close = async () => {
    await Promise.all([server.close(), page.close()])
  }
  onTestFinished(close)
  return { ...server, close }
}

/** The lines on the wire, oldest first, each as "direction kind raw". */
export async function wireOf(page: Page): Promise<string[]> {
  const lines = await page
    .getByRole('region', { name: 'On the wire' })
    .locator('li')
    .evaluateAll((items) =>
      items.map((item) => {
        const part = (selector: string) => item.querySelector(selector)?.textContent ?? ''
        return `${part('span')} ${part('b')} ${part('code')}`
      }),
    )
  return lines.reverse()
}

/** What came, oldest first. */
export async function logOf(page: Page): Promise<string[]> {
  return (await page.locator('#log h3').allTextContents()).reverse()
}
