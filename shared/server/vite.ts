import { createRequire } from 'node:module'
import path from 'node:path'
import type { InlineConfig } from 'vite'

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
