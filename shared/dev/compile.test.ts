import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { makeDataFolder, removeDataFolder } from '../testing/data-folder.ts'
import { root } from '../testing/process.ts'
import { compile } from './compile.js'

/** A program of two files, somewhere in the repository. */
function program() {
  const folder = makeDataFolder('compile')
  const compiled = () =>
    path.join(root, '.data/compiled', path.relative(root, script).replaceAll(/[\\/]/g, '-'))
  onTestFinished(() => removeDataFolder(folder))
  const script = path.join(folder, 'main.ts')
  const write = (name: string, text: string) => writeFileSync(path.join(folder, name), text)
  write('main.ts', "export { word } from './word.ts'\nexport const place: string = import.meta.dirname\n")
  write('word.ts', "export const word: string = 'one'\n")
  return { script, folder, write, kept: () => readdirSync(compiled()) }
}

const load = async (script: string) => import(pathToFileURL((await compile(script)) ?? '').href)

describe('a compiled program', () => {
  it('is the program, at its own place', async () => {
    const { script, folder } = program()
    expect(await load(script)).toMatchObject({ word: 'one', place: folder })
  })

  it('is used again until one of its files has changed, and a few old ones are kept', async () => {
    const { script, write, kept } = program()
    const first = await compile(script)
    expect(await compile(script)).toBe(first)
    const words = ['three', 'fifteen', 'a hundred', 'a thousand', 'a million']
    const begin = Date.now()
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    for (const [minute, word] of words.entries()) {
      vi.setSystemTime(begin + 60_000 * minute)
      write('word.ts', `export const word = '${word}'\n`)
      expect(await load(script)).toMatchObject({ word })
    }
    expect(kept()).toHaveLength(1 + words.length) // several that start together each have their own
    vi.setSystemTime(begin + 3_600_000)
    write('word.ts', "export const word = 'later'\n")
    expect(await load(script)).toMatchObject({ word: 'later' })
    expect(kept()).toHaveLength(4)
  })

  it('is made anew when what was kept is damaged, also for several that start at the same time', async () => {
    const { script, kept } = program()
    const first = (await compile(script)) ?? ''
    writeFileSync(path.join(path.dirname(first), 'sources.json'), '{"')
    const again = await Promise.all([load(script), load(script), load(script)])
    for (const each of again) expect(each).toMatchObject({ word: 'one' })
    expect(kept().filter((name) => name.endsWith('.part'))).toEqual([])
  })

  it('has the place of a mistake in its error, and leaves nothing behind', async () => {
    const { script, write, kept } = program()
    write('word.ts', '\nexport const word = ;\n')
    await expect(compile(script)).rejects.toThrow(/^Unexpected ";"\n.*word\.ts:2:21$/)
    expect(kept()).toEqual([])
  })

  it('is none where packages are not those of the repository', async () => {
    expect(await compile('/elsewhere/main.ts')).toBeUndefined()
    const { script, folder, write, kept } = program()
    write('word.ts', "import 'zod'\nexport const word = 'one'\n")
    expect(await load(script)).toMatchObject({ word: 'one' })
    mkdirSync(path.join(folder, 'node_modules/zod'), { recursive: true })
    write('word.ts', "import 'zod/mini'\nexport const word = 'two'\n")
    expect(await compile(script)).toBeUndefined()
    expect(kept()).toHaveLength(1)
  })
})
