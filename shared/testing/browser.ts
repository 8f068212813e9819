import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, onTestFinished } from 'vitest'
import { findChromium } from './chromium.ts'

/** A page of its own profile, and what went wrong in it. */
export interface TestPage extends Page {
  /** Uncaught errors and console errors so far: a page that works has none. */
  readonly problems: string[]
}

export interface VisitOptions extends BrowserContextOptions {
  /** The page gets a clock that the test can put forward (`page.clock.runFor`): no test waits ten seconds. */
  clock?: boolean
  /** The visitor stays until the group of tests ends, for all of them. */
  stays?: boolean
}

export interface TestBrowser {
  /** Opens `url` as a new visitor, no cookies, no storage of others, who leaves when the test ends. */
  visit(url: string, options?: VisitOptions): Promise<TestPage>
  /** Opens `url` in a further tab of the same visitor. */
  newTab(page: Page, url: string): Promise<TestPage>
}

// Chromium's own background traffic has nothing to do with the page, and a sandbox of its own needs rights that
// containers do not give.
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * A group of tests that drive the real page in a real Chromium. Without one the group is skipped, loudly; with
 * `CI=true` that is a failure.
 */
export function describeInBrowser(name: string, tests: (browser: TestBrowser) => void): void {
  describeIn(findChromium({ notifications: false }), name, tests)
}

/** The same, where notifications have to come to the screen. */
export function describeOnScreen(name: string, tests: (browser: TestBrowser) => void): void {
  describeIn(findChromium(), name, tests)
}

function describeIn(
  executablePath: string | undefined,
  name: string,
  tests: (browser: TestBrowser) => void,
): void {
  if (!executablePath && process.env.CI !== 'true') {
    console.warn(`SKIPPED, no Chromium found (npm run doctor says how to get one): ${name}`)
    describe.skip(`${name} (no Chromium found)`, () => tests(unavailable))
    return
  }
  describe(name, () => {
    let chrome: Browser | undefined
    beforeAll(async () => {
      if (!executablePath) throw new Error('CI=true and no Chromium found: install the package chromium')
      chrome = await chromium.launch({ executablePath, args })
    })
    afterAll(() => chrome?.close())
    tests({
      async visit(url, { clock, stays, ...options } = {}) {
        if (!chrome) return unavailable.visit(url)
        // Without animations a page that shows much takes a third less processor time.
        const context = await chrome.newContext({ reducedMotion: 'reduce', ...options })
        if (!stays) onTestFinished(() => context.close())
        if (clock) await context.clock.install()
        return openPage(await context.newPage(), url)
      },
      newTab: async (page, url) => openPage(await page.context().newPage(), url),
    })
  })
}

const unavailable: TestBrowser = {
  visit: () => Promise.reject(new Error('There is no browser')),
  newTab: () => Promise.reject(new Error('There is no browser')),
}

async function openPage(page: Page, url: string): Promise<TestPage> {
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text())
  })
  await page.goto(url)
  return Object.assign(page, { problems })
}
