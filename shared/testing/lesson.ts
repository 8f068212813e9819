import type { Page } from 'playwright-core'
import { expect } from 'vitest'

/** Opens the drawer "Try it" and waits until its steps are there. Returns a way to wait for a step's tick. */
export async function openLesson(page: Page): Promise<{ ticks(step: number): Promise<void> }> {
  await page.getByRole('button', { name: /^Try it/ }).click()
  const steps = page.getByRole('complementary', { name: 'Try it' }).locator('.drawer-text > ol > li')
  await steps.first().waitFor()
  return {
    ticks: (step) =>
      expect
        .poll(() => steps.nth(step - 1).getAttribute('data-step'), {
          message: `step ${step} ticks`,
          timeout: 15_000,
        })
        .toBe('done'),
  }
}

/** Chooses the first answer of each prediction and presses every button of "Break it": each says how it really went. */
export async function predictAndBreak(page: Page, buttons: readonly string[]): Promise<void> {
  const breakIt = page.getByRole('group', { name: 'Break it' })
  if (!(await breakIt.locator('.questions').isVisible())) await breakIt.getByText('Predict first').click()
  for (const name of buttons) {
    const answers = breakIt.getByRole('group', { name, exact: true }).getByRole('radio')
    await expect.poll(() => answers.count(), { message: `answers to choose from for ${name}` }).toBe(3)
    await answers.first().check()
    await breakIt.getByRole('button', { name, exact: true }).click()
    await breakIt.locator('.really .why').filter({ hasText: 'Why:' }).waitFor()
    await expect.poll(() => breakIt.getByRole('button', { name, exact: true }).isEnabled()).toBe(true)
  }
}
