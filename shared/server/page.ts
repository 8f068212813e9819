import { existsSync } from 'node:fs'
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import path from 'node:path'
import sirv from 'sirv'
import type { ViteDevServer } from 'vite'
import { describeError } from '../dev/describe-error.js'
import { StartError } from './config.ts'
import { pathOf } from './http.ts'
import { loadVite } from './load-vite.ts'
import { indexOnly, reloadWhenSourcesChange, serverFilesRestart, socketIoClient, viteConfig } from './vite.ts'

/** The level's page, served by the level's own HTTP server: page, API and sockets on one origin. */
export interface Page {
  /** Answers with the page or one of its files; calls `next` when there is no such file. */
  handle(req: IncomingMessage, res: ServerResponse, next: () => void): void
  /** True for Vite's own sockets (development only): the level must leave that upgrade alone. */
  ownsUpgrade(req: IncomingMessage): boolean
  /** Gets ready to answer; requests that come sooner than the page is loaded wait. Call it before `server` listens. */
  attach(server: Server): Promise<void>
  close(): Promise<void>
}

/**
 * Scripts come from the own origin only and none is inline, so that text which slipped into the page as HTML
 * still could not run (Content Security Policy Level 3). Vite's development mode injects styles, never scripts; its
 * client watches for the server's return from a worker that it makes of a blob.
 */
function contentSecurityPolicy(development: boolean): string {
  const more = development ? "style-src 'self' 'unsafe-inline'; worker-src 'self' blob:" : "style-src 'self'"
  return (
    `default-src 'self'; script-src 'self'; ${more}; img-src 'self' data:; connect-src 'self'; ` +
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
  )
}

/**
 * The page of the level in `levelDir`: in development through Vite with hot reload, in production from the
 * level's `dist/`. In production `attach` throws StartError when nothing was built.
 *
 * `hotReload: false` is for several instances behind one address: Vite's socket may reach another instance than its
 * page came from, and a page that loads itself anew when its instance ends would hide how it moves to the other. Such a
 * page loads itself anew only when the sources have changed.
 */
export function createPage(levelDir: string, production: boolean, hotReload = true): Page {
  return production ? builtPage(levelDir) : developmentPage(levelDir, hotReload)
}

function builtPage(levelDir: string): Page {
  const dist = path.join(levelDir, 'dist')
  let serve: ReturnType<typeof sirv> | undefined
  return {
    handle(req, res, next) {
      if (!serve || !isReading(req)) return next()
      setPageHeaders(res, false)
      serve(req, res, next)
    },
    ownsUpgrade: () => false,
    async attach() {
      if (!existsSync(path.join(dist, 'index.html'))) {
        throw new StartError(
          'NODE_ENV=production serves the built page, and it is not built: run npm run build first',
        )
      }
      serve = sirv(dist, {
        etag: true,
        setHeaders(res, file) {
          // Files in assets/ carry a hash of their content in their name; all others must be asked for anew.
          const hashed = file.startsWith('/assets/')
          res.setHeader('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache')
        },
      })
    },
    async close() {
      serve = undefined
    },
  }
}

function developmentPage(levelDir: string, hotReload: boolean): Page {
  // Stands in for the level's server, so that Vite gets its own upgrades only, and none before it is loaded.
  const upgrades = createHttpServer()
  let loading: Promise<ViteDevServer> | undefined
  let closed = false
  const load = () => {
    loading ??= startVite(levelDir, hotReload, upgrades)
    return loading
  }
  const ownsUpgrade = (req: IncomingMessage) =>
    pathOf(req) === '/' && VITE_PROTOCOLS.has(req.headers['sec-websocket-protocol'] ?? '')

  return {
    handle(req, res, next) {
      if (closed || !isReading(req)) return next()
      load().then(
        (vite) => {
          setPageHeaders(res, true)
          vite.middlewares(req, res, next)
        },
        (error: unknown) => {
          console.error(`The page cannot be served: ${describeError(error)}`)
          res.writeHead(500).end('The page cannot be served. The terminal says why.')
        },
      )
    },
    ownsUpgrade,
    async attach(server) {
      server.on('upgrade', (req, socket, head) => {
        if (!ownsUpgrade(req)) return
        socket.on('error', () => socket.destroy())
        // A page asks whether the server is back, and loads itself anew: one that is about to end must not answer.
        const refuse = () => socket.destroy()
        load().then(() => (closed ? refuse() : upgrades.emit('upgrade', req, socket, head)), refuse)
      })
      // Vite takes longer to load than everything else: the server answers first.
      server.once('listening', () => setImmediate(() => load().catch(() => undefined)))
    },
    async close() {
      closed = true
      const vite = await loading?.catch(() => undefined)
      await vite?.close()
    },
  }
}

/** Vite's client listens for changes with the first, and asks with the second whether a server is back. */
const VITE_PROTOCOLS = new Set(['vite-hmr', 'vite-ping'])

async function startVite(levelDir: string, hotReload: boolean, upgrades: Server): Promise<ViteDevServer> {
  const { createServer, searchForWorkspaceRoot } = await loadVite()
  return createServer({
    ...viteConfig(levelDir),
    plugins: [indexOnly(), hotReload ? serverFilesRestart() : reloadWhenSourcesChange(levelDir)],
    // The token ties a page to the instance that it came from.
    legacy: { skipWebSocketTokenCheck: !hotReload },
    server: {
      middlewareMode: true,
      allowedHosts: true, // asked at the door already (hosts.ts)
      hmr: { server: upgrades },
      fs: {
        allow: [searchForWorkspaceRoot(levelDir), socketIoClient],
        deny: ['.env', '.env.*', '**/.data/**', '**/.git/**'],
      },
    },
  })
}

/** Files are only read: a POST to one is for nobody here. */
function isReading(req: IncomingMessage): boolean {
  return req.method === 'GET' || req.method === 'HEAD'
}

function setPageHeaders(res: ServerResponse, development: boolean): void {
  res.setHeader('content-security-policy', contentSecurityPolicy(development))
  res.setHeader('x-content-type-options', 'nosniff')
  res.setHeader('referrer-policy', 'same-origin')
}
