import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import vm from 'node:vm'

/**
 * Loads a bundled package (see packages.js), a CommonJS file, with what V8 has compiled of it before: that halves the time.
 * Node 20 can keep that for scripts only, not for ES modules. V8 refuses what another Node has compiled, and compiles anew.
 *
 * @param {string} file an absolute path
 * @returns {any} what it exports
 */
export function loadPackage(file) {
  const compiled = compiledOf(file)
  return run(file, existsSync(compiled) ? readFileSync(compiled) : undefined).exports
}

/**
 * Loads a bundled package, and keeps what V8 has compiled of it by then.
 *
 * @param {string} file an absolute path
 */
export function keepCompiled(file) {
  writeFileSync(compiledOf(file), run(file).script.createCachedData())
}

/** @param {string} file */
const compiledOf = (file) => `${file}.compiled`

/**
 * @param {string} file
 * @param {Buffer} [cachedData]
 */
function run(file, cachedData) {
  const parameters = 'exports, require, module, __filename, __dirname' // as Node gives them to a CommonJS file
  const script = new vm.Script(`(function (${parameters}) {${readFileSync(file, 'utf8')}\n})`, {
    filename: file,
    cachedData,
  })
  const module = { exports: {} }
  script.runInThisContext()(module.exports, createRequire(file), module, file, path.dirname(file))
  return { script, exports: module.exports }
}
