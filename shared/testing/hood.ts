import type { Page } from 'playwright-core'
import { expect } from 'vitest'

/** Opens "Under the hood" and waits until the page hears the server. */
export async function openHood(page: Page) {
  const heard = page.waitForResponse((response) => response.url().endsWith('/under-the-hood'))
  await page.getByRole('button', { name: 'Under the hood', exact: true }).click()
  await heard
  const panel = page.getByRole('region', { name: 'Under the hood' })
  const names = () =>
    panel
      .locator('.arrow')
      .evaluateAll((arrows) => arrows.map((arrow) => arrow.getAttribute('aria-label') ?? ''))
  return {
    panel,
    lanes: () => panel.locator('.lane text').allTextContents(),
    /** Waits for arrows like these, in this order; others may be in between. Each is "from to to: label". */
    async draws(...wanted: RegExp[]): Promise<void> {
      await expect
        .poll(
          async () => {
            const drawn = await names()
            let at = 0
            for (const arrow of drawn) if (wanted[at]?.test(arrow)) at++
            return at === wanted.length ? 'all of them' : { missing: String(wanted[at]), drawn }
          },
          { timeout: 20_000 },
        )
        .toBe('all of them')
    },
  }
}
