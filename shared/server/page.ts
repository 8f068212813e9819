import { existsSync } from 'node:fs'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import path from 'node:path'
import sirv from 'sirv'
import { StartError } from './config.ts'
import { pathOf } from './http.ts'
import { loadVite } from './load-vite.ts'
import { indexOnly, viteConfig, withoutHotReload } from './vite.ts'

/** The level's page, served by the level's own HTTP server: page, API and sockets on one origin. */
export interface Page {
  /** Answers with the page or one of its files; calls `next` when there is no such file. */
  handle(req: IncomingMessage, res: ServerResponse, next: () => void): void
  /** True for Vite's own hot-reload socket (development only): the level must leave that upgrade alone. */
  ownsUpgrade(req: IncomingMessage): boolean
  /** Gets ready to answer. Must be called before `server` listens. */
  attach(server: Server): Promise<void>
  close(): Promise<void>
}

/**
 * Scripts come from the own origin only and none is inline, so that text which slipped into the page as HTML
 * still could not run (Content Security Policy Level 3). Vite's development mode injects styles, never scripts.
 */
function contentSecurityPolicy(styles: string): string {
  return (
    `default-src 'self'; script-src 'self'; style-src ${styles}; img-src 'self' data:; connect-src 'self'; ` +
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
  )
}

/**
 * The page of the level in `levelDir`: in development through Vite with hot reload, in production from the
 * level's `dist/`. In production `attach` throws StartError when nothing was built.
 *
 * `hotReload: false` is for several instances behind one address: Vite's socket could reach another instance than its
 * page came from, and a page that loads itself anew when its instance ends would hide how it moves to the other.
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
      setPageHeaders(res, "'self'")
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
  let vite: import('vite').ViteDevServer | undefined
  return {
    handle(req, res, next) {
      if (!vite || !isReading(req)) return next()
      setPageHeaders(res, "'self' 'unsafe-inline'")
      vite.middlewares(req, res, next)
    },
    ownsUpgrade: (req) => pathOf(req) === '/' && req.headers['sec-websocket-protocol'] === 'vite-hmr',
    async attach(server) {
      const { createServer } = await loadVite()
      vite = await createServer({
        ...viteConfig(levelDir),
        plugins: hotReload ? [indexOnly()] : [indexOnly(), withoutHotReload()],
        server: {
          middlewareMode: true,
          hmr: hotReload && { server },
          ws: hotReload ? undefined : false,
          fs: { deny: ['.env', '.env.*', '**/.data/**', '**/.git/**'] },
        },
      })
    },
    async close() {
      await vite?.close()
      vite = undefined
    },
  }
}

/** Files are only read: a POST to one is for nobody here. */
function isReading(req: IncomingMessage): boolean {
  return req.method === 'GET' || req.method === 'HEAD'
}

function setPageHeaders(res: ServerResponse, styles: string): void {
  res.setHeader('content-security-policy', contentSecurityPolicy(styles))
  res.setHeader('x-content-type-options', 'nosniff')
  res.setHeader('referrer-policy', 'same-origin')
}
