import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { freePort } from '../dev/ports.ts'
import { findChromium } from '../testing/chromium.ts'
import { startProgram } from '../testing/process.ts'
import { takeFilm } from './filmstrip.ts'

/**
 * Takes the pictures that the READMEs show, from the levels as they are now: `npm run screenshots`, or with a folder to
 * put them elsewhere. Each level is started for real, used as its lesson says, and photographed in both colour schemes.
 */
const [given, ...more] = process.argv.slice(2)
if (given?.startsWith('-') || more.length > 0) {
  console.error('Name one folder, or none: npm run screenshots -- pictures')
  process.exit(1)
}
const folder = path.resolve(given ?? path.join(import.meta.dirname, '..', '..', 'docs', 'screenshots'))

const scenes: { level: number; program: string; play(page: Page, url: string): Promise<void> }[] = [
  {
    level: 1,
    program: 'level-1-websocket/src/main.ts',
    async play(page, url) {
      await page.getByText('connected', { exact: true }).waitFor()
      await page.getByRole('button', { name: 'Send', exact: true }).click()
      await fetch(`${url}/notify`, { method: 'POST', body: 'Lunch is ready' })
      await page.locator('#log').getByText('Lunch is ready').waitFor()
    },
  },
  {
    level: 2,
    program: 'level-2-socketio/src/main.ts',
    async play(page, url) {
      const bob = await page.context().browser()?.newPage()
      await bob?.goto(url)
      for (const [one, name] of [
        [page, 'alice'],
        [bob, 'bob'],
      ] as const) {
        await one?.getByLabel('Username').fill(name)
        await one?.getByRole('button', { name: 'Connect', exact: true }).click()
      }
      await page.locator('#people').getByText('bob').waitFor()
      await bob?.getByLabel('Message', { exact: true }).fill('Lunch?')
      await bob?.getByRole('button', { name: 'Send', exact: true }).click()
      await page.locator('#messages').getByText('Lunch?').waitFor()
    },
  },
  { level: 3, program: 'level-3-jwt-notifications/src/main.ts', play: signInAndSend },
  { level: 4, program: 'level-4-push-scaling/src/main.ts', play: signInAndSend },
]

async function signInAndSend(page: Page): Promise<void> {
  await page.getByLabel('Username').fill('alice')
  await page.getByLabel('Password').fill('password123')
  await page.locator('form').getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('connected', { exact: true }).waitFor()
  const form = page.locator('#send form')
  await form.getByLabel('Title', { exact: true }).fill('Lunch?')
  await form.getByLabel('Message', { exact: true }).fill('At noon, in the kitchen.')
  await form.getByRole('button', { name: 'Send' }).click()
  await page.locator('#notifications').getByText('Lunch?').waitFor()
  await page.getByText('Unread 4').waitFor()
  await page.evaluate(() => scrollTo(0, 0))
}

const executablePath = findChromium({ notifications: false })
if (executablePath) {
  await mkdir(folder, { recursive: true })
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
  try {
    for (const scene of scenes) await takeScene(browser, scene)
    await takeFilm(browser, folder)
  } finally {
    await browser.close()
  }
} else {
  console.error('No Chromium found: npm run doctor says how to get one')
  process.exitCode = 1
}

async function takeScene(browser: Browser, { level, program, play }: (typeof scenes)[number]): Promise<void> {
  const data = await mkdtemp(path.join(tmpdir(), 'screenshots-'))
  const env = { PORT: String(await freePort()), DATA_DIR: data, MONGODB_URI: undefined, REDIS_URL: undefined }
  const server = startProgram([program], { env })
  try {
    const url = await server.url()
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
    const page = await context.newPage()
    await page.goto(url)
    await play(page, url)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.screenshot({ path: path.join(folder, `level-${level}-${colorScheme}.png`) })
      console.log(`level ${level}, ${colorScheme}`)
    }
    await context.close()
  } finally {
    await server.stop()
    await rm(data, { recursive: true, force: true })
  }
}
