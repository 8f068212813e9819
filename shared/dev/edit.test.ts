import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { describeInBrowser, type TestPage } from '../testing/browser.ts'
import { copyHouse } from '../testing/house-copy.ts'
import { type Program, startProgram } from '../testing/process.ts'
import { freePort } from './ports.ts'

/** People wait 5 s at most, on a machine that has time; one that runs other tests beside gets more. In milliseconds. */
const WITHIN_MS = 30_000

describeInBrowser('saving files while a level runs', (browser) => {
  it.each([1, 2, 3])(
    'shows at level %i what was saved, untouched: contract, server, page, style',
    async (level) => {
      const { page, files, program } = await open(level)
      for (const round of [1, 2, 3]) {
        await follows(page, 'reloads', () => save(files.events, `\nexport const edited${round} = ${round}\n`))
        await follows(page, 'reloads', () => save(files.server, `\nconsole.log('server, edit ${round}')\n`))
        await program.printed(new RegExp(`server, edit ${round}\n`))
        await follows(page, `[data-edit="${round}"]`, () =>
          save(files.page, `\ndocument.body.dataset.edit = '${round}'\n`),
        )
        await follows(page, `style ${round}`, () => save(files.style, `\nbody { --edit: ${round} }\n`))
      }
      // In a row, as an editor does with "save all".
      await follows(page, '[data-edit="4"]', () => {
        save(files.style, '\nbody { --edit: 4 }\n')
        save(files.page, "\ndocument.body.dataset.edit = '4'\n")
        save(files.events, '\nexport const edited4 = 4\n')
        save(files.server, "\nconsole.log('server, edit 4')\n")
      })
      await isRight(page, 'style 4')
      expect(program.stderr()).toBe('')
    },
    240_000,
  )

  it('survives a mistake in a file of the server, which is told with its place, and comes back with the cure', async () => {
    const { page, files, program } = await open(1)
    const good = readFileSync(files.events, 'utf8')
    appendFileSync(files.events, '\nconst broken = ;\n')
    const line = good.split('\n').length + 1
    await expect.poll(program.stderr, { timeout: WITHIN_MS }).toMatch(new RegExp(`src/events\\.ts:${line}`))
    await expect.poll(program.stderr).toContain('Save a file to start it again.')
    await follows(page, 'reloads', () => writeFileSync(files.events, good))
    await follows(page, 'style 9', () => save(files.style, '\nbody { --edit: 9 }\n'))
  }, 60_000)

  it('survives a mistake in a file of the page', async () => {
    const { page, files } = await open(1)
    const good = readFileSync(files.page, 'utf8')
    appendFileSync(files.page, '\nconst broken = ;\n')
    await page.waitForSelector('vite-error-overlay', { state: 'attached', timeout: WITHIN_MS })
    await follows(page, '[data-edit="9"]', () =>
      writeFileSync(files.page, `${good}\ndocument.body.dataset.edit = '9'\n`),
    )
    expect(await page.locator('vite-error-overlay').count()).toBe(0)
  }, 60_000)

  it('tells errors of types while the level runs on', async () => {
    const { files, program } = await open(1)
    save(files.server, '\nexport const wrong: number = "text"\n')
    await expect
      .poll(program.stderr, { timeout: 30_000 })
      .toMatch(/Types: 1 error\..*\n.*src\/server\.ts\(\d+,14\): error TS2322/)
    expect((await fetch(`${await program.url()}/healthz`)).status).toBe(200)
  }, 60_000)

  async function open(level: number): Promise<{ page: TestPage; program: Program; files: Files }> {
    const house = copyHouse()
    onTestFinished(() => house.remove())
    const port = await freePort(level === 4 ? [1, 40] : [])
    const program = startProgram([path.join(house.dir, 'shared/cli/start.js'), String(level)], {
      cwd: house.dir,
      env: { PORT: String(port), NODE_ENV: undefined, DATA_DIR: path.join(house.dir, '.data') },
    })
    onTestFinished(() => program.stop())
    const page = await browser.visit(await program.url())
    const folder = path.join(house.dir, levelFolders[level] ?? '')
    const file = (name: string) => path.join(folder, name)
    const events = existsSync(file('src/events.ts'))
      ? file('src/events.ts')
      : file(`../${levelFolders[3]}/src/events.ts`)
    return {
      page,
      program,
      files: {
        events,
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
