import { randomUUID } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** In the repository, so that the packages are found from there. */
const cache = path.join(root, '.data', 'compiled')
/** Packages that were bundled (see packages.js). Node looks for packages here before it looks in the repository. */
export const packages = path.join(cache, 'node_modules')
/** So many are kept of each program, and all that are young: one that starts or runs loads parts of itself later. */
const KEPT = 4
const YOUNG_MS = 600_000

/**
 * Compiles a TypeScript program with all files of ours that it imports, for a Node that cannot run TypeScript. Packages
 * are left to Node. A start then takes half as long as through a loader, which is asked about every file that anybody
 * imports. What was compiled is used again until one of the files changes.
 *
 * @param {string} script an absolute path
 * @returns {Promise<string | undefined>} the file to import instead; undefined for a program that is not in this
 *   repository or has packages of its own, and where nothing can be written. Throws an Error with the place of a mistake in the syntax.
 */
export async function compile(script) {
  if (!script.startsWith(root)) return undefined
  dropOldPackages()
  const folder = path.join(cache, path.relative(root, script).replaceAll(/[\\/]/g, '-'))
  const last = entries(folder).findLast((name) => !name.endsWith('.part'))
  if (last && isFresh(path.join(folder, last))) return path.join(folder, last, 'program.mjs')

  const target = path.join(folder, `${Date.now()}-${randomUUID()}`)
  const unfinished = `${target}.part`
  try {
    mkdirSync(unfinished, { recursive: true })
  } catch {
    return undefined
  }
  try {
    if (!(await build(script, unfinished))) return undefined
    renameSync(unfinished, target)
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
  for (const old of entries(folder).slice(0, -KEPT))
    if (Number.parseInt(old, 10) < Date.now() - YOUNG_MS)
      rmSync(path.join(folder, old), { recursive: true, force: true })
  return path.join(target, 'program.mjs')
}

/**
 * Without bundles, Node takes what is in `node_modules`: so it does when something was installed after they were made.
 *
 * @param {string} [bundled]
 */
export function dropOldPackages(bundled = packages) {
  try {
    if (readFileSync(path.join(bundled, '.version'), 'utf8') === installedVersion()) return
  } catch {
    // never made, or not whole
  }
  rmSync(bundled, { recursive: true, force: true })
}

/** Another one whenever npm has installed anything, and when the repository is moved. */
export const installedVersion = () =>
  `${root} ${versionOf(path.join(root, 'node_modules', '.package-lock.json'))}`

/**
 * @param {string} folder
 * @returns {string[]} the oldest first
 */
function entries(folder) {
  try {
    return readdirSync(folder).sort()
  } catch {
    return [] // nothing was compiled yet
  }
}

/** @param {string} compiled */
function isFresh(compiled) {
  try {
    /** @type {Record<string, string>} */
    const sources = JSON.parse(readFileSync(path.join(compiled, 'sources.json'), 'utf8'))
    return Object.entries(sources).every(([file, version]) => versionOf(file) === version)
  } catch {
    return false // half written, as a power cut leaves it: it is made anew
  }
}

/** @param {string} file */
function versionOf(file) {
  const { mtimeMs, size } = statSync(file, { throwIfNoEntry: false }) ?? {}
  return `${mtimeMs} ${size}`
}

/**
 * False for a program with packages that only one folder has: from `outdir` they are not found.
 *
 * @param {string} script
 * @param {string} outdir
 */
async function build(script, outdir) {
  const esbuild = await import('esbuild')
  /** @type {Record<string, string>} */
  const sources = { [fileURLToPath(import.meta.url)]: versionOf(fileURLToPath(import.meta.url)) }
  let foundFromRoot = true
  /** @type {import('esbuild').Plugin} */
  const ours = {
    name: 'ours',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^[^./]/ }, ({ path: name, kind, resolveDir }) => {
        if (kind === 'entry-point' || name.startsWith('@levels/')) return undefined
        foundFromRoot &&= !isInstalledBelowRoot(name, resolveDir)
        // No start waits for a package that only unused parts of our files import.
        return { path: name, external: true, sideEffects: false }
      })
      onLoad({ filter: /\.[jt]s$/ }, ({ path: file }) => {
        sources[file] = versionOf(file) // before it is read: what is saved in between is not lost
        /** @type {Record<string, string>} */
        const place = { dirname: path.dirname(file), url: pathToFileURL(file).href }
        const contents = readFileSync(file, 'utf8').replaceAll(
          /\bimport\.meta\.(dirname|url)\b/g,
          (_all, name) => JSON.stringify(place[name]),
        )
        return { contents, loader: file.endsWith('.ts') ? 'ts' : 'js' }
      })
    },
  }
  await esbuild
    .build({
      entryPoints: { program: script },
      outdir,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true, // what is imported later is loaded later
      format: 'esm',
      platform: 'node',
      target: 'node20',
      sourcemap: true,
      sourcesContent: false,
      logLevel: 'silent',
      plugins: [ours],
    })
    .catch((/** @type {import('esbuild').BuildFailure} */ { errors: [error] }) => {
      const { file = '', line = 0, column = 0 } = error?.location ?? {}
      const place = path.resolve(file)
      throw new SyntaxError(`${error?.text}\n${place}:${line}:${column + 1}`)
    })
  writeFileSync(path.join(outdir, 'sources.json'), JSON.stringify(sources))
  return foundFromRoot
}

/**
 * Whether a folder between `folder` and the root has a package of its own, and perhaps another version of it.
 *
 * @param {string} name as it is imported
 * @param {string} folder
 */
function isInstalledBelowRoot(name, folder) {
  const [, packageName = name] = /^((?:@[^/]+\/)?[^/]+)/.exec(name) ?? []
  for (let dir = folder; dir.startsWith(root); dir = path.dirname(dir))
    if (existsSync(path.join(dir, 'node_modules', packageName))) return true
  return false
}
