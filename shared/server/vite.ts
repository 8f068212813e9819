import { existsSync, realpathSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { InlineConfig, Plugin, UserConfig } from 'vite'
import { importTypescript } from '../dev/import-typescript.js'
import { lessonPage } from '../lesson/vite.ts'
import { pathOf } from './http.ts'

/** Where the page's Socket.IO comes from. The package does not export this file by name, so it is named by its place. */
export const socketIoClient = placeOf('socket.io-client/dist/socket.io.esm.min.js')

/** The path of a file of an installed package, or just its name when it is not installed (level 1 needs none). */
function placeOf(file: string): string {
  const folders = createRequire(import.meta.url).resolve.paths(file) ?? []
  const places = folders.map((folder) => path.join(folder, file))
  const there = places.find(existsSync)
  return there ? realpathSync(there) : file
}

/** How Vite serves and builds the page of the level in `levelDir`: `client/` in, `dist/` out. */
export function viteConfig(levelDir: string): InlineConfig {
  const client = path.join(levelDir, 'client')
  return {
    configFile: false,
    root: client,
    appType: 'custom', // see indexOnly
    logLevel: 'error',
    clearScreen: false,
    // The one package that pages use ships as one ES module. Taken as it is, there is nothing to bundle ahead,
    // so the first page load is quick and two instances share no cache to fight over.
    resolve: { alias: { 'socket.io-client': socketIoClient } },
    optimizeDeps: { noDiscovery: true, include: [] },
    build: {
      outDir: path.join(levelDir, 'dist'),
      emptyOutDir: true,
      target: 'es2023',
      rolldownOptions: { input: [path.join(client, 'index.html'), path.join(client, 'lesson.html')] },
    },
    plugins: [lessonPage(levelDir), indexOnly(), compressed()],
  }
}

/**
 * A level's vite.config.ts: how its page is served and built, and, for `npx vite` in its folder, where the level's own
 * server is. `paths` are regular expressions of what is the server's: its routes and its sockets.
 */
export function pageConfig(levelDir: string, { port, paths }: { port: number; paths: string[] }): UserConfig {
  const { configFile: _none, ...config } = viteConfig(levelDir)
  const target = `http://localhost:${process.env.PORT || port}`
  // The page comes from another port then; to the server it is its own page.
  const proxy = { target, ws: true, changeOrigin: true, rewriteWsOrigin: true, headers: { origin: target } }
  return {
    ...config,
    logLevel: 'info',
    server: { proxy: Object.fromEntries(paths.map((path) => [path, proxy])) },
  }
}

/** What the level's vite.config.ts says, or without one what all of them say. */
export async function readPageConfig(levelDir: string): Promise<InlineConfig> {
  const file = path.join(levelDir, 'vite.config.ts')
  const own = existsSync(file) ? (await importTypescript(file)).default : {}
  return { ...viteConfig(levelDir), ...own, configFile: false, logLevel: 'error' }
}

/**
 * Serves index.html, and leaves every unknown path to the level, which has its own way to say 404. Vite's ways are the
 * page for everything (`spa`) and a 404 without a word (`mpa`).
 */
function indexOnly(): Plugin {
  return {
    name: 'index-only',
    // What is returned runs after Vite's own middlewares (vite.dev/guide/api-plugin, "configureServer").
    configureServer: (server) => () => {
      server.middlewares.use(async (req, res, next) => {
        if (!['/', '/index.html'].includes(pathOf(req))) return next()
        try {
          const html = await readFile(path.join(server.config.root, 'index.html'), 'utf8')
          res.setHeader('content-type', 'text/html; charset=utf-8')
          res.setHeader('cache-control', 'no-cache')
          res.end(await server.transformIndexHtml('/', html, req.originalUrl))
        } catch (error) {
          next(error)
        }
      })
    },
  }
}

/** Writes each built text a second time, compressed: the server sends that one to browsers that take it. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    async closeBundle() {
      const { outDir } = this.environment.config.build
      for (const file of await readdir(outDir, { recursive: true })) {
        if (!/\.(?:html|js|css|svg|webmanifest)$/.test(file)) continue
        const text = await readFile(path.join(outDir, file))
        await writeFile(path.join(outDir, `${file}.gz`), await promisify(gzip)(text, { level: 9 }))
      }
    },
  }
}
