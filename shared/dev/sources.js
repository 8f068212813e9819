import { existsSync, readFileSync, realpathSync } from 'node:fs'
import path from 'node:path'

const NOT_RUNNING = new Set([
  'test',
  'testing',
  'bench',
  'cli',
  'copy',
  'exercises',
  'cards',
  'node_modules',
  'dist',
])

/**
 * What has to follow a change of a file, named from the folder of its level or from `shared/`: the server starts anew, or
 * whatever runs it, too; the page is told by Vite; or nothing, since nothing that runs has loaded it.
 *
 * @param {string} file
 * @returns {'server' | 'runner' | 'page' | undefined}
 */
export function kindOfSource(file) {
  const parts = file.split(/[\\/]/)
  if (parts.some((part) => NOT_RUNNING.has(part)) || /\.test\.ts$/.test(file)) return undefined
  if (parts[0] === 'client') return 'page'
  if (!file.endsWith('.ts')) return undefined
  return parts[0] === 'dev' ? 'runner' : 'server'
}

/**
 * The folder of a level, and those of the packages of this house that it is made of.
 *
 * @param {string} dir
 * @returns {string[]}
 */
export function sourceFolders(dir) {
  const manifest = path.join(dir, 'package.json')
  if (!existsSync(manifest)) return [dir]
  const { dependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8'))
  const packages = path.join(dir, '..', 'node_modules')
  const own = Object.keys(dependencies).filter((name) => name.startsWith('@levels/'))
  const folders = own
    .map((name) => path.join(packages, name))
    .filter(existsSync)
    .map((link) => realpathSync(link))
  return [...new Set([dir, ...folders.flatMap(sourceFolders)])]
}
