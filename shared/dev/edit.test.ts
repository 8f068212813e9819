import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { describeInBrowser, type TestPage } from '../testing/browser.ts'
import { copyHouse } from '../testing/house-copy.ts'
import { type Program, startProgram } from '../testing/process.ts'
import { freePort } from './ports.ts'

/** People wait 5 s at most, on a machine that has time; one that runs other tests beside gets more. In milliseconds. */
const WITHIN_MS = 30_000

describeInBrowser('saving files while a level runs', (browser) => {
  let house: ReturnType<typeof copyHouse>
  beforeAll(() => {
    house = copyHouse()
  })
  afterAll(() => house.remove())

  // Levels 2 and 3 are started and watched as level 1 is; level 4 is several processes, and made of level 3's files, too.
  it.each([1, 4])(
    'shows at level %i what was saved, untouched: contract, server, page and style',
    async (level) => {
      const { page, files, program } = await open(level)
      // Level 1 starts again in no time: there each file is saved by itself, too.
      if (level === 1) {
        await follows(page, 'reloads', () => save(files.events, '\nexport const edited1 = 1\n'))
        await follows(page, 'reloads', () => save(files.server, '\nexport const served1 = 1\n'))
        await follows(page, '[data-edit="1"]', () => save(files.page, "\ndocument.body.dataset.edit = '1'\n"))
        await follows(page, 'style 1', () => save(files.style, '\nbody { --edit: 1 }\n'))
      }
      // In a row, as an editor does with "save all".
      await follows(page, '[data-edit="2"]', () => {
        save(files.style, '\nbody { --edit: 2 }\n')
        save(files.page, "\ndocument.body.dataset.edit = '2'\n")
        save(files.events, '\nexport const edited2 = 2\n')
        save(files.server, '\nexport const served2 = 2\n')
      })
      await isRight(page, 'style 2')
      expect(program.stderr()).toBe('')
    },
    180_000,
  )

  it('survives a mistake in a file of the server, in one of the page and in a type, each told with its place, and comes back with the cure', async () => {
    const { page, files, program } = await open(1)
    const events = readFileSync(files.events, 'utf8')
    appendFileSync(files.events, '\nconst broken = ;\n')
    const line = events.split('\n').length + 1
    await expect.poll(program.stderr, { timeout: WITHIN_MS }).toMatch(new RegExp(`src/events\\.ts:${line}`))
    await expect.poll(program.stderr).toContain('Save a file to start it again.')
    await follows(page, 'reloads', () => writeFileSync(files.events, events))
    await follows(page, 'style 9', () => save(files.style, '\nbody { --edit: 9 }\n'))

    const script = readFileSync(files.page, 'utf8')
    appendFileSync(files.page, '\nconst broken = ;\n')
    await page.waitForSelector('vite-error-overlay', { state: 'attached', timeout: WITHIN_MS })
    await follows(page, '[data-edit="9"]', () =>
      writeFileSync(files.page, `${script}\ndocument.body.dataset.edit = '9'\n`),
    )
    expect(await page.locator('vite-error-overlay').count()).toBe(0)

    save(files.server, '\nexport const wrong: number = "text"\n')
    await expect
      .poll(program.stderr, { timeout: WITHIN_MS })
      .toMatch(/Types: 1 error\..*\n.*src\/server\.ts\(\d+,14\): error TS2322/)
    const health = `${await program.url()}/healthz`
    const isWell = () =>
      fetch(health).then(
        ({ ok }) => ok,
        () => false,
      )
    await expect.poll(isWell, { timeout: WITHIN_MS }).toBe(true)
  }, 120_000)

  async function open(level: number): Promise<{ page: TestPage; program: Program; files: Files }> {
    const port = await freePort(level === 4 ? [1, 40] : [])
    const program = startProgram([path.join(house.dir, 'shared/cli/start.js'), String(level)], {
      cwd: house.dir,
      env: { PORT: String(port), NODE_ENV: undefined, DATA_DIR: path.join(house.dir, '.data') },
    })
    onTestFinished(() => program.stop())
    const page = await browser.visit(await program.url())
    const file = (name: string) => path.join(house.dir, levelFolders[level] ?? '', name)
    return {
      page,
      program,
      files: {
        events: file('src/events.ts'),
        server: file('src/server.ts'),
        page: file('client/main.ts'),
        style: file('client/style.css'),
      },
    }
  }
})

const levelFolders: Record<number, string> = {
  1: 'level-1-websocket',
  2: 'level-2-socketio',
  3: 'level-3-jwt-notifications',
  4: 'level-4-push-scaling',
}

interface Files {
  events: string
  server: string
  page: string
  style: string
}

/** As editors do: nothing is seen of the file until all of it is there. */
function save(file: string, added: string): void {
  writeFileSync(file, readFileSync(file, 'utf8') + added)
}

/** Does something and waits until the page shows it. Throws when it takes longer than people wait. */
async function follows(page: TestPage, sign: string, act: () => void): Promise<void> {
  await page.evaluate(() => Object.assign(window, { isOld: true }))
  act()
  await isRight(page, sign)
}

async function isRight(page: TestPage, sign: string): Promise<void> {
  const [, style] = /^style (.*)/.exec(sign) ?? []
  await page.waitForFunction(
    ([wanted, edit]) => {
      // Only the page's own script draws this button's picture.
      if (!document.querySelector('header button svg')) return false
      if (edit) return getComputedStyle(document.body).getPropertyValue('--edit').trim() === edit
      return wanted === 'reloads' ? !('isOld' in window) : document.querySelector(wanted ?? '') !== null
    },
    [sign, style] as const,
    { timeout: WITHIN_MS },
  )
}
