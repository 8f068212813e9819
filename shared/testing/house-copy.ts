import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { root } from './process.ts'

const LEFT_OUT = new Set(['node_modules', 'dist', 'test', 'bench', '.data'])

/**
 * A copy of the repository's sources in a folder of its own, for tests that change files. Packages are those that are
 * installed here. The caller must `remove()` it.
 */
export function copyHouse(): { dir: string; remove(): void } {
  const dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'house-')))
  const folders = readdirSync(root).filter((name) => /^level-\d|^shared$/.test(name))
  for (const name of folders) {
    cpSync(path.join(root, name), path.join(dir, name), {
      recursive: true,
      filter: (file) => !LEFT_OUT.has(path.basename(file)),
    })
    linkPackages(path.join(root, name, 'node_modules'), path.join(dir, name, 'node_modules'))
  }
  for (const name of ['package.json', 'tsconfig.json']) cpSync(path.join(root, name), path.join(dir, name))
  linkPackages(path.join(root, 'node_modules'), path.join(dir, 'node_modules'))
  linkBundles(dir)
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }) }
}

/** The packages that `npm install` has bundled (see shared/dev/packages.js), for a copy with links to those of this house. */
export function linkBundles(dir: string): void {
  const bundles = path.join('.data', 'compiled', 'node_modules')
  if (!existsSync(path.join(root, bundles))) return // this Node needs none
  mkdirSync(path.dirname(path.join(dir, bundles)), { recursive: true })
  linkPackages(path.join(root, bundles), path.join(dir, bundles))
  // The version names the folder of the house, and what is installed there.
  const version = path.join(dir, bundles, '.version')
  const ofHere = readFileSync(version, 'utf8')
  rmSync(version)
  writeFileSync(version, ofHere.replace(root, dir))
}

/** Links to every package that is installed, and for those of this house the same link: it is relative. */
function linkPackages(from: string, to: string): void {
  if (!existsSync(from)) return
  mkdirSync(to)
  for (const name of readdirSync(from)) {
    if (name === '@levels')
      cpSync(path.join(from, name), path.join(to, name), { recursive: true, verbatimSymlinks: true })
    else symlinkSync(path.join(from, name), path.join(to, name), 'junction')
  }
}
