import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { makeDataFolder, removeDataFolder } from '../testing/data-folder.ts'
import { dropOldPackages } from './compile.js'
import { bundlePackages } from './packages.js'

/** Bundles of these packages, in a folder of their own. */
async function bundle(names: string[]) {
  const folder = makeDataFolder('packages')
  onTestFinished(() => removeDataFolder(folder))
  const bundled = path.join(folder, 'node_modules')
  await bundlePackages(bundled, names)
  return { bundled, load: (name: string) => import(pathToFileURL(path.join(bundled, name, 'index.js')).href) }
}

describe('bundled packages', () => {
  it.each(['ws', 'jsonwebtoken', 'socket.io-adapter'])('have all that %s exports', async (name) => {
    const { load } = await bundle(['ws', 'jsonwebtoken', 'socket.io-adapter'])
    const [bundled, installed] = await Promise.all([load(name), import(name)])
    expect(Object.keys(bundled).sort()).toEqual(Object.keys(installed).sort())
  })

  it('are loaded without what another version of V8 has compiled of them', async () => {
    const { bundled, load } = await bundle(['ws'])
    const compiled = path.join(bundled, 'ws', 'package.cjs.compiled')
    expect(existsSync(compiled)).toBe(true)
    writeFileSync(compiled, 'of another Node')
    expect(Object.keys(await load('ws'))).toContain('WebSocketServer')
  })

  it('leave out what is not installed', async () => {
    const { bundled } = await bundle(['ws', 'not-installed'])
    expect(existsSync(path.join(bundled, 'ws'))).toBe(true)
    expect(existsSync(path.join(bundled, 'not-installed'))).toBe(false)
  })

  it('are used until others are installed', async () => {
    const { bundled } = await bundle(['ws'])
    dropOldPackages(bundled)
    expect(existsSync(bundled)).toBe(true)
    writeFileSync(path.join(bundled, '.version'), 'of last week')
    dropOldPackages(bundled)
    expect(existsSync(bundled)).toBe(false)
  })
})
