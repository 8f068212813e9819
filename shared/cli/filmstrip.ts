import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { freePort } from '../dev/ports.ts'
import { startProgram } from '../testing/process.ts'

/**
 * Ten pictures of one notification that crosses level 4, as `film-01.png` … in `folder`: from bob on app2 to alice, who
 * has her page on app1 but does not look at it, and on to her practice phone. level-4-push-scaling/README.md shows them.
 */
export async function takeFilm(browser: Browser, folder: string): Promise<void> {
  const data = await mkdtemp(path.join(tmpdir(), 'film-'))
  const port = await freePort([1, 40])
  const env = {
    PORT: String(port),
    DATA_DIR: data,
    PUSH_DELAY_MS: '2000',
    MONGODB_URI: undefined,
    REDIS_URL: undefined,
  }
  const cluster = startProgram(['level-4-push-scaling/dev/cluster.ts'], { env })
  let frame = 0
  const take = (what: { screenshot(options: { path: string }): Promise<unknown> }) =>
    what.screenshot({ path: path.join(folder, `film-${String(++frame).padStart(2, '0')}.png`) })
  try {
    await cluster.printed(/instances: .*\n/)
    const [alice, bob] = await Promise.all([
      enter(browser, `http://localhost:${port}`, 'alice'),
      enter(browser, `http://localhost:${port + 1}`, 'bob'),
    ])
    const phone = alice.getByRole('region', { name: 'Practice phone' })
    await phone.getByRole('button', { name: 'Add a practice phone' }).click()
    await phone.getByText('No notifications').waitFor()
    await take(phone)

    const heard = alice.waitForResponse((response) => response.url().endsWith('/under-the-hood'))
    await alice.getByRole('button', { name: 'Under the hood', exact: true }).click()
    await heard
    await look(alice, false)
    const form = bob.locator('#send form')
    await form.getByLabel('To', { exact: true }).fill('alice')
    await form.getByLabel('Title', { exact: true }).fill('Lunch is ready')
    await form.getByLabel('Message', { exact: true }).fill('In the kitchen, from noon on.')
    await take(bob.locator('#send'))
    await form.getByRole('button', { name: 'Send' }).click()
    await form.getByText(/^Stored as number/).waitFor()
    await take(bob.locator('#send'))

    const picture = alice.getByRole('region', { name: 'Under the hood' })
    for (const arrow of ['inserted as', 'published', 'claimed', 'encrypted, signed']) {
      await picture.getByRole('img', { name: arrow }).focus()
      await take(picture)
    }
    await phone.locator('.banner').getByText('Lunch is ready').waitFor()
    await phone.evaluate((section) => section.scrollIntoView()) // above the picture
    await take(phone)
    await look(alice, true)
    await picture.getByRole('img', { name: 'seen up to' }).focus()
    await take(picture)
    await alice.getByRole('button', { name: 'Close under the hood' }).click()
    const admin = await enter(browser, `http://localhost:${port + 1}`, 'admin')
    const deliveries = admin.getByRole('region', { name: 'Deliveries' })
    await deliveries.getByText('push to alice').waitFor()
    await take(deliveries)
  } finally {
    await cluster.stop()
    await rm(data, { recursive: true, force: true })
  }
}

async function enter(browser: Browser, url: string, name: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 1500 } })
  await page.goto(url)
  await page.getByRole('button', { name: `as ${name}` }).click()
  await page.getByText('connected', { exact: true }).waitFor()
  return page
}

/** As if another tab was in front of this one, or not any more. */
async function look(page: Page, isVisible: boolean): Promise<void> {
  await page.evaluate(
    (value) => {
      Object.defineProperty(document, 'visibilityState', { value, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))
    },
    isVisible ? 'visible' : 'hidden',
  )
}
