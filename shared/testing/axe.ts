import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { AxeResults, RunOptions } from 'axe-core'
import type { Page } from 'playwright-core'

/** What axe-core finds wrong with the page as it is now, one line an element: a page for everybody has none. */
export async function findViolations(page: Page): Promise<string[]> {
  // Evaluated, not added as a script: the pages' Content-Security-Policy runs no foreign scripts.
  if (!(await page.evaluate(() => 'axe' in globalThis)))
    await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'))
  const { violations } = await page.evaluate(() => {
    const { axe } = globalThis as unknown as { axe: { run(options: RunOptions): Promise<AxeResults> } }
    return axe.run({ resultTypes: ['violations'] })
  })
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${help}. ${failureSummary}`),
  )
}

const LOOKS = [
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'dark', width: 1280 },
  { colorScheme: 'light', width: 390 },
  { colorScheme: 'dark', width: 390 },
] as const
const WIDTHS = [320, 390, 530, 640, 768, 1280]
const PHONE = 390
/** What a finger has to hit, in pixels each way. */
const TARGET_PX = 44
/** look/base.css has four type sizes, and no others. */
const TYPE_SIZES = ['12.5px', '13.5px', '15px', '20px']

/**
 * What is wrong with the page as it is now, light and dark, wide and narrow: what axe-core finds, widths at which one
 * would have to scroll sideways, targets too small for a finger, and further type sizes. It leaves the page dark and as
 * wide as it was.
 */
export async function findBarriers(page: Page): Promise<string[]> {
  const before = page.viewportSize()
  const found: string[] = []
  await page.emulateMedia({ reducedMotion: 'reduce' })
  for (const { colorScheme, width } of LOOKS) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 844 })
    await settled(page)
    found.push(...(await findViolations(page)).map((line) => `${colorScheme}, ${width} px: ${line}`))
  }
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 844 })
    const tooWide = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    if (tooWide > 0) found.push(`${width} px: scrolls sideways by ${tooWide} px`)
    if (width === PHONE) found.push(...(await page.evaluate(findSmallTargets, TARGET_PX)))
  }
  found.push(...(await page.evaluate(findOddSizes, TYPE_SIZES)))
  if (before) await page.setViewportSize(before)
  return found
}

/** Until colours that change slowly are what they will be. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .filter(({ effect }) => effect?.getComputedTiming().iterations !== Number.POSITIVE_INFINITY)
        .map(({ finished }) => finished.catch(() => undefined)),
    ).then(() => undefined),
  )
}

/** Runs in the page. Links within a text and what only the keyboard reaches are no targets; a box has its label. */
function findSmallTargets(least: number): string[] {
  const all = document.querySelectorAll<HTMLElement>('a, button, input, select, textarea, summary')
  return [...all].flatMap((element) => {
    const label = element.matches('[type="radio"], [type="checkbox"]') ? element.closest('label') : null
    const { width, height } = (label ?? element).getBoundingClientRect()
    if (width < 2 || element.matches('.skip, p a, li a, td a')) return []
    if (Math.min(width, height) > least - 0.5) return []
    return [
      `${element.outerHTML.slice(0, 80)} is ${Math.round(width)} by ${Math.round(height)} px on a phone`,
    ]
  })
}

/** Runs in the page. Pictures (SVG) have sizes of their own. */
function findOddSizes(sizes: string[]): string[] {
  const texts = document.evaluate('//body//text()[normalize-space()]', document, null, 7)
  const odd = new Map<string, string>()
  for (let n = 0; n < texts.snapshotLength; n++) {
    const element = texts.snapshotItem(n)?.parentElement
    if (!element || element.closest('svg, .visually-hidden') || !element.checkVisibility()) continue
    const { fontSize } = getComputedStyle(element)
    if (!sizes.includes(fontSize)) odd.set(fontSize, element.outerHTML.slice(0, 80))
  }
  return [...odd].map(([size, where]) => `type of ${size}: ${where}`)
}
