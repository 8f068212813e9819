import { createRequire } from 'node:module'
import path from 'node:path'
import type { InlineConfig, Plugin } from 'vite'

/** The package does not export this file by name, so it is named by its place. */
const socketIoClient = path.join(
  path.dirname(createRequire(import.meta.url).resolve('socket.io-client/package.json')),
  'dist/socket.io.esm.min.js',
)

/** How Vite serves and builds the page of the level in `levelDir`: `client/` in, `dist/` out. */
export function viteConfig(levelDir: string): InlineConfig {
  return {
    configFile: false,
    root: path.join(levelDir, 'client'),
    appType: 'mpa', // an unknown path is a 404, never the page
    logLevel: 'error',
    clearScreen: false,
    // The one package that pages use ships as one ES module. Taken as it is, there is nothing to bundle ahead,
    // so the first page load is quick and two instances share no cache to fight over.
    resolve: { alias: { 'socket.io-client': socketIoClient } },
    optimizeDeps: { noDiscovery: true, include: [] },
    build: { outDir: path.join(levelDir, 'dist'), emptyOutDir: true, target: 'es2023' },
  }
}

/** Puts in place of Vite's own client one that only adds styles: no socket, no reload. */
export function withoutHotReload(): Plugin {
  const client = `
    const styles = new Map()
    export function updateStyle(id, css) {
      const style = styles.get(id) ?? document.head.appendChild(document.createElement('style'))
      style.textContent = css
      styles.set(id, style)
    }
    export function removeStyle(id) {
      styles.get(id)?.remove()
      styles.delete(id)
    }
    export const injectQuery = (url) => url
    export const createHotContext = () => ({ accept() {}, dispose() {}, prune() {}, on() {}, off() {}, send() {} })`
  return {
    name: 'without-hot-reload',
    enforce: 'pre',
    transform: (_code, id) => (id.endsWith('/vite/dist/client/client.mjs') ? client : undefined),
  }
}
