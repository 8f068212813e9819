import { existsSync, readFileSync, realpathSync } from 'node:fs'
import path from 'node:path'

/** `import … from '…'`, `export … from '…'`, `import '…'`, `import('…')`, over several lines, at the start of a statement. */
const IN_SCRIPT =
  /(?:^|[\n;{}(=>,?:]|\bawait|\breturn|\btypeof)\s*(?:(?:import|export)\b(?:[\w\s{},*$]|\btype\b)*?\bfrom\s*|import\s*\(?\s*)(['"])([^'"\n]+)\1/g
const IN_STYLE = /@import\s+(?:url\(\s*)?(['"])([^'"\n]+)\1/g
const IN_PAGE = /<(?:script|link)\b[^>]*?\b(?:src|href)=(['"])([^'"\n]+)\1/g
/** A file of ours that is named by its place, for a process of its own: `path.join(import.meta.dirname, '..', 'x.ts')`. */
const BY_PLACE = /import\.meta\.dirname((?:,\s*'[^'\n]*')+)\s*,?\s*\)/g

/** What a file asks for, as it is written there: `./x.ts`, `zod`, `node:fs`. Comments and texts that look alike do not count. */
export function importsIn(file: string, text: string): string[] {
  if (file.endsWith('.css')) return found(text, IN_STYLE)
  // A path from the root of the page is a file beside index.html; data and other hosts are none.
  if (file.endsWith('.html')) {
    return found(text, IN_PAGE).flatMap((url) => (/^\/[^/]/.test(url) ? [`.${url}`] : []))
  }
  if (!/\.[cm]?[jt]s$/.test(file)) return []
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  const named = [...code.matchAll(BY_PLACE)].map(([, parts = '']) => {
    return `./${[...parts.matchAll(/'([^']*)'/g)].map(([, part]) => part).join('/')}`
  })
  return [...found(code, IN_SCRIPT), ...named.filter((name) => /\.[cm]?[jt]s$/.test(name))]
}

function found(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, , name = '']) => name))]
}

export interface Closure {
  /** Absolute paths, sorted: the entries and what they import, directly or not. */
  files: string[]
  /** The names of packages that are not of this house, sorted: `zod`, `@socket.io/redis-adapter`. */
  packages: string[]
}

/**
 * The files that `entries` need, followed from import to import, through the packages of this house (`@levels/…`) too.
 * Throws when a file that is imported does not exist.
 */
export function closureOf(entries: string[], house: string): Closure {
  const files = new Set<string>()
  const packages = new Set<string>()
  const visit = (file: string) => {
    if (files.has(file)) return
    files.add(file)
    for (const name of importsIn(file, readFileSync(file, 'utf8'))) {
      const own = resolveOwn(name, file, house)
      if (own) visit(own)
      else if (!name.startsWith('node:') && !name.startsWith('.')) packages.add(packageOf(name))
    }
  }
  for (const entry of entries) visit(entry)
  return { files: [...files].sort(), packages: [...packages].sort() }
}

/** The file of this house that an import names, or undefined for a package. Throws when it does not exist. */
export function resolveOwn(name: string, from: string, house: string): string | undefined {
  if (name.startsWith('.')) {
    const file = path.resolve(path.dirname(from), name)
    // A page's own folder `public/` is served beside it.
    const other = path.resolve(path.dirname(from), 'public', name)
    const there = [file, other].find(existsSync)
    if (!there) throw new Error(`${path.relative(house, from)} imports ${name}, which is not there`)
    return there
  }
  if (!name.startsWith('@levels/')) return undefined
  const folder = realpathSync(path.join(house, 'node_modules', packageOf(name)))
  const inside = `.${name.slice(packageOf(name).length)}`
  const { exports = {} } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
  return path.join(folder, exports[inside] ?? inside)
}

/** `zod` of `zod/v4`, `@scope/name` of `@scope/name/file.ts`. */
function packageOf(name: string): string {
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')
}
