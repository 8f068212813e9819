import { pathToFileURL } from 'node:url'
import { typescriptArguments } from './typescript.js'

/**
 * Imports a TypeScript file, and what it imports, on every Node: where Node does not run TypeScript by itself, compiled
 * (see compile.js), or else through tsx.
 *
 * @param {string} file an absolute path
 * @returns {Promise<any>} what it exports
 */
export async function importTypescript(file) {
  if (typescriptArguments.length === 0) return import(pathToFileURL(file).href)
  const { compile } = await import('./compile.js')
  const compiled = await compile(file)
  if (!compiled) await import('./setup.js')
  // An error names its place in the file that somebody wrote.
  else process.setSourceMapsEnabled(true)
  return import(pathToFileURL(compiled ?? file).href)
}
