import { describeInBrowser } from '@levels/shared/testing/browser.ts'
import { builtPage } from '@levels/shared/testing/built-page.ts'
import { expect, it } from 'vitest'
import { levelDir, logOf, serveFrom } from './support/page.ts'

describeInBrowser('level 1 in production', (browser) => {
  it('has the same page, built; what only development shows is not there', async () => {
    const server = await serveFrom(await builtPage(levelDir, { production: true }), true)
    const visitor = await browser.visit(server.url)
    await visitor.getByText('connected', { exact: true }).waitFor()
    await fetch(`${server.url}/notify`, { method: 'POST', body: 'from the build' })
    await expect.poll(() => logOf(visitor)).toEqual(['from the build'])
    expect((await fetch(`${server.url}/assets/missing.js`)).status).toBe(404)
    expect(await visitor.getByRole('button', { name: 'Under the hood' }).count()).toBe(0)
    expect((await fetch(`${server.url}/under-the-hood`)).status).toBe(404)
    expect(visitor.problems).toEqual([])
  })
})
