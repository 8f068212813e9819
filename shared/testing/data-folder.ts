import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { root } from './process.ts'

/** A new folder in the repository, where programs find the packages, as they do in `my/`; git does not see it. */
export function makeDataFolder(name: string): string {
  const data = path.join(root, '.data')
  mkdirSync(data, { recursive: true })
  return mkdtempSync(path.join(data, `${name}-`))
}

/** Removes it, and what was compiled of the programs in it (see shared/dev/compile.js). */
export function removeDataFolder(folder: string): void {
  const compiled = path.join(root, '.data', 'compiled')
  const prefix = `.data-${path.basename(folder)}-`
  mkdirSync(compiled, { recursive: true })
  for (const name of readdirSync(compiled))
    if (name.startsWith(prefix)) rmSync(path.join(compiled, name), { recursive: true, force: true })
  rmSync(folder, { recursive: true, force: true })
}
