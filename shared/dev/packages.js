import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { installedVersion, packages } from './compile.js'
import { keepCompiled } from './load-package.js'

/** What the levels load at their start, and what has no files beside its code. */
const PACKAGES = [
  '@socket.io/redis-adapter',
  'bson',
  'cookie-parser',
  'cors',
  'express',
  'ipaddr.js',
  'jsonwebtoken',
  'mongoose',
  'nodemailer',
  'prom-client',
  'quick-lru',
  'rate-limiter-flexible',
  'redis',
  'selfsigned',
  'sirv',
  'socket.io',
  'socket.io-adapter',
  'unhomoglyph',
  'vite',
  'web-push',
  'ws',
  'zod',
]

/** Vite loads these when it has a use for them. */
const APART = ['@vitejs/devtools', 'esbuild', 'fsevents', 'lightningcss', 'tsx']

/**
 * Bundles the packages that levels are made of for compiled programs (see compile.js), each into one file: mongoose alone is
 * 400 files, and Node takes most of a start to find, read and compile them all. What V8 has compiled is kept with the file
 * (see load-package.js). A package that is not installed is left out.
 *
 * @param {string} [bundled] where to
 * @param {string[]} [names]
 */
export async function bundlePackages(bundled = packages, names = PACKAGES) {
  const { build } = await import('esbuild')
  const unfinished = path.join(bundled, '../..', `packages-${process.pid}`) // not below the old ones, which it would find
  const version = installedVersion()
  try {
    /** @type {string[]} */
    const entryPoints = []
    for (const name of names) {
      const exported = await exportsOf(name)
      if (exported === undefined) continue
      const folder = path.join(unfinished, name)
      mkdirSync(folder, { recursive: true })
      writeFileSync(path.join(folder, 'package.json'), '{ "type": "module", "main": "index.js" }\n')
      writeFileSync(path.join(folder, 'entry.mjs'), `export * as all from '${name}'\n`)
      writeFileSync(path.join(folder, 'index.js'), loading + exported)
      entryPoints.push(path.join(folder, 'entry.mjs'))
    }
    await build({
      entryPoints,
      outdir: unfinished,
      outbase: unfinished,
      entryNames: '[dir]/package',
      outExtension: { '.js': '.cjs' },
      bundle: true,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      minifySyntax: true,
      minifyWhitespace: true, // half as much to read; names stay, for whoever meets one in a stack
      logLevel: 'silent',
      external: APART,
      supported: { 'dynamic-import': false }, // a script that was compiled before cannot
      define: { 'import.meta.url': 'urlOfModule' },
      plugins: [{ name: 'url-of-module', setup: defineUrlOfModule }],
    })
    writeFileSync(path.join(unfinished, '.version'), version)
    rmSync(bundled, { recursive: true, force: true })
    mkdirSync(path.dirname(bundled), { recursive: true })
    renameSync(unfinished, bundled)
    // Only now: V8 keeps the file's name, too.
    for (const entry of entryPoints)
      keepCompiled(path.join(bundled, path.relative(unfinished, path.dirname(entry)), 'package.cjs'))
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
}

/** How a bundle begins as the ES module that programs import. */
const loading = `import { fileURLToPath } from 'node:url'
import { loadPackage } from '${new URL('./load-package.js', import.meta.url).href}'
const { all } = loadPackage(fileURLToPath(new URL('./package.cjs', import.meta.url)))
`

/**
 * Tells each module where it was before it was bundled: Vite finds its own files from there.
 *
 * @param {import('esbuild').PluginBuild} build
 */
function defineUrlOfModule({ onLoad }) {
  onLoad({ filter: /\.m?js$/ }, ({ path: file }) => {
    const text = readFileSync(file, 'utf8')
    if (!text.includes('import.meta.url') || text.startsWith('#!')) return undefined
    return { contents: `const urlOfModule = ${JSON.stringify(pathToFileURL(file).href)};${text}` }
  })
}

/**
 * Exports everything in `all` under the names that Node gives to what a package exports; undefined when it is not installed.
 *
 * @param {string} name
 */
async function exportsOf(name) {
  /** @type {object} */
  let all
  try {
    all = await import(name)
  } catch {
    return undefined
  }
  const names = Object.keys(all).filter((each) => /^[\p{L}$_][\p{L}\p{N}$_]*$/u.test(each))
  const consts = names.map((each, index) => `const n${index} = all.${each}`)
  const exports = names.map((each, index) => `n${index} as ${each}`)
  return [...consts, `export { ${exports.join(', ')} }`, ''].join('\n')
}
