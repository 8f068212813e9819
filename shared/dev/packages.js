import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { installedVersion, packages } from './compile.js'

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
  'web-push',
  'ws',
  'zod',
]

/**
 * Bundles the packages that levels are made of for compiled programs (see compile.js): mongoose alone is 400 files, and
 * Node takes most of a start to find and read them all. A package that is not installed is left out.
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
      const text = await reExport(name)
      if (text === undefined) continue
      const folder = path.join(unfinished, name)
      mkdirSync(folder, { recursive: true })
      writeFileSync(path.join(folder, 'package.json'), '{ "type": "module", "main": "index.js" }\n')
      writeFileSync(path.join(folder, 'entry.mjs'), text)
      entryPoints.push(path.join(folder, 'entry.mjs'))
    }
    await build({
      entryPoints,
      outdir: unfinished,
      outbase: unfinished,
      entryNames: '[dir]/index',
      bundle: true,
      splitting: true, // what two packages share is loaded once
      format: 'esm',
      platform: 'node',
      target: 'node20',
      minifySyntax: true,
      minifyWhitespace: true, // half as much to read; names stay, for whoever meets one in a stack
      logLevel: 'silent',
      // For what is required of Node by CommonJS.
      banner: {
        js: "import * as forRequire from 'node:module';const require=forRequire.createRequire(import.meta.url);",
      },
    })
    writeFileSync(path.join(unfinished, '.version'), version)
    rmSync(bundled, { recursive: true, force: true })
    mkdirSync(path.dirname(bundled), { recursive: true })
    renameSync(unfinished, bundled)
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
}

/**
 * A module with all exports of a package, under the names that Node gives them; undefined when it is not installed.
 *
 * @param {string} name
 */
async function reExport(name) {
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
  return [`import * as all from '${name}'`, ...consts, `export { ${exports.join(', ')} }`, ''].join('\n')
}
