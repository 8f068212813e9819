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
 * Whether a file or folder, named from the folder of its level or from `shared/`, is one that a running level loads.
 *
 * @param {string} file
 */
export const isSource = (file) => !file.split(/[\\/]/).some((part) => NOT_RUNNING.has(part))

/**
 * What has to follow a change of a file, named from the folder of its level or from `shared/`: the server starts anew, or
 * whatever runs it, too; the page is told by Vite; or nothing, since nothing that runs has loaded it.
 *
 * @param {string} file
 * @returns {'server' | 'runner' | 'page' | undefined}
 */
export function kindOfSource(file) {
  if (!isSource(file) || /\.test\.ts$/.test(file)) return undefined
  const [folder] = file.split(/[\\/]/)
  if (folder === 'client') return 'page'
  if (!file.endsWith('.ts')) return undefined
  return folder === 'dev' ? 'runner' : 'server'
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
