import { register } from 'node:module'
import { typescriptArguments } from '../dev/typescript.js'

/**
 * A loader hook (nodejs.org/api/module.html, "Customization hooks") that hands over the modules of packages as they
 * are. It runs in a thread of its own, hence the text.
 */
const untouchedPackages = `
  import { readFile } from 'node:fs/promises'
  export async function load(url, context, next) {
    if (context.format !== 'module' || !url.includes('/node_modules/')) return next(url, context)
    return { format: 'module', source: await readFile(new URL(url)), shortCircuit: true }
  }`

let isRegistered = false

/**
 * Imports Vite. Under tsx it is kept from tsx, which rewrites every module it loads: for Vite's megabytes that takes
 * longer than everything else at start, and changes nothing that anyone needs.
 */
export async function loadVite(): Promise<typeof import('vite')> {
  if (typescriptArguments.length > 0 && !isRegistered) {
    isRegistered = true
    register(`data:text/javascript,${encodeURIComponent(untouchedPackages)}`)
  }
  return import('vite')
}
