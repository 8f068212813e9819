import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { levels } from '../cli/levels.ts'
import { builtPage } from '../testing/built-page.ts'
import { root } from '../testing/process.ts'

/** What each level's page may weigh over the wire, in KiB, with all that is loaded only when it is opened. */
const BUDGETS = [38, 87, 107, 123]

describe('the built page of', () => {
  for (const [index, { number, folder }] of levels.entries()) {
    it(`level ${number} stays within ${BUDGETS[index]} KiB over the wire`, async () => {
      const built = await builtPage(path.join(root, folder), { production: true })
      const dist = path.join(built, 'dist')
      const files = (await readdir(dist, { recursive: true })).filter((file) => file.endsWith('.gz'))
      // The lesson is a page of its own.
      const sizes = files
        .filter((file) => file !== 'lesson.html.gz')
        .map(async (file) => (await stat(path.join(dist, file))).size)
      const sum = (await Promise.all(sizes)).reduce((total, size) => total + size, 0)
      expect(files).toContain('index.html.gz')
      expect(sum / 1_024).toBeLessThan(BUDGETS[index] ?? 0)
    })
  }
})
