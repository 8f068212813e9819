import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { InlineConfig, Plugin } from 'vite'
import { kindOfSource } from '../dev/sources.js'
import { pathOf } from './http.ts'

const root = path.join(import.meta.dirname, '..', '..')

/** The package does not export this file by name, so it is named by its place. */
export const socketIoClient = path.join(
  path.dirname(createRequire(import.meta.url).resolve('socket.io-client/package.json')),
  'dist/socket.io.esm.min.js',
)

/** How Vite serves and builds the page of the level in `levelDir`: `client/` in, `dist/` out. */
export function viteConfig(levelDir: string): InlineConfig {
  return {
    configFile: false,
    root: path.join(levelDir, 'client'),
    appType: 'custom', // see indexOnly
    logLevel: 'error',
    clearScreen: false,
    // The one package that pages use ships as one ES module. Taken as it is, there is nothing to bundle ahead,
    // so the first page load is quick and two instances share no cache to fight over.
    resolve: { alias: { 'socket.io-client': socketIoClient } },
    optimizeDeps: { noDiscovery: true, include: [] },
    build: { outDir: path.join(levelDir, 'dist'), emptyOutDir: true, target: 'es2023' },
  }
}

/**
 * Serves index.html, and leaves every unknown path to the level, which has its own way to say 404. Vite's ways are the
 * page for everything (`spa`) and a 404 without a word (`mpa`).
 */
export function indexOnly(): Plugin {
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

/**
 * Leaves the files of the server to what watches over it: it starts the server anew, and the page follows when the server
 * is back. A page that Vite told to load itself anew at once would find nobody there (and stay with the browser's error).
 */
export function serverFilesRestart(): Plugin {
  return {
    name: 'server-files-restart',
    hotUpdate({ file }) {
      const isWatched = process.connected
      if (isWatched && kindOfSource(insideFolder(file)) === 'server') return []
    },
  }
}

/** A file's path from the folder of its level, or from `shared/`. */
function insideFolder(file: string): string {
  return path.relative(root, file).split(path.sep).slice(1).join('/')
}

/**
 * Puts in place of Vite's own client one that loads the page anew when its sources have changed, and not when the
 * instance at the other end of its socket ends: the next connection may reach another one, of the same sources.
 */
export function reloadWhenSourcesChange(levelDir: string): Plugin {
  const version = process.env.SOURCES_VERSION ?? ''
  return {
    name: 'reload-when-sources-change',
    enforce: 'pre',
    transform: (_code, id) => (id.endsWith('/vite/dist/client/client.mjs') ? RELOADING_CLIENT : undefined),
    hotUpdate: () => [],
    configureServer({ ws, watcher, config }) {
      // Not only what this instance has served: the page may have come from another one.
      watcher.add([
        config.root,
        ...['shared', 'level-3-jwt-notifications'].map((name) => path.join(levelDir, '..', name, 'client')),
      ])
      watcher.on('all', (event, file) => {
        const isSource = kindOfSource(insideFolder(file)) === 'page'
        if (isSource && !event.endsWith('Dir')) ws.send({ type: 'full-reload' })
      })
      ws.on('connection', () => ws.send({ type: 'custom', event: 'sources', data: version }))
    },
  }
}

const RELOADING_CLIENT = `
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
  export const createHotContext = () => ({ accept() {}, dispose() {}, prune() {}, on() {}, off() {}, send() {} })

  let version
  let reload
  function connect() {
    const socket = new WebSocket(location.origin.replace('http', 'ws'), 'vite-hmr')
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data)
      const isOther = message.event === 'sources' && version !== undefined && version !== message.data
      if (message.event === 'sources') version ??= message.data
      if (message.type !== 'full-reload' && !isOther) return
      // The other instance hears of the change in the same moment; this one moment later it has.
      clearTimeout(reload)
      reload = setTimeout(() => location.reload(), 150)
    }
    socket.onclose = () => setTimeout(connect, 500)
  }
  connect()`
