import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createPage } from '@levels/shared/server/page.ts'
import { viteConfig } from '@levels/shared/server/vite.ts'
import type { Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { startServer, type TestServer } from './server.ts'

const levelDir = path.join(import.meta.dirname, '..', '..')

/** Starts level 1 with its page, as in development. A `port` is for one that comes back where it was. */
export async function startWithPage({ port = 0 } = {}): Promise<TestServer> {
  return serveFrom(levelDir, false, port)
}

/** Starts level 1 with its page as it is built for production. */
export async function startBuilt({ port = 0 } = {}): Promise<TestServer> {
  const dir = mkdtempSync(path.join(tmpdir(), 'level-1-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const { build } = await import('vite')
  const config = viteConfig(levelDir)
  await build({ ...config, build: { ...config.build, outDir: path.join(dir, 'dist') } })
  return serveFrom(dir, true, port)
}

async function serveFrom(dir: string, production: boolean, port: number): Promise<TestServer> {
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
