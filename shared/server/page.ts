import { existsSync } from 'node:fs'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import path from 'node:path'
import sirv from 'sirv'
import type { Watched } from '../hood/watch.ts'
import { StartError } from './config.ts'
import { developmentPage } from './development-page.ts'
import { isReading, setPageHeaders } from './page-headers.ts'

/** The level's page, served by the level's own HTTP server: page, API and sockets on one origin. */
export interface Page {
  /** Answers with the page or one of its files; calls `next` when there is no such file. */
  handle(req: IncomingMessage, res: ServerResponse, next: () => void): void
  /** True for Vite's own sockets (development only): the level must leave that upgrade alone. */
  ownsUpgrade(req: IncomingMessage): boolean
  /** Gets ready to answer; requests that come sooner than the page is loaded wait. Call it before `server` listens. */
  attach(server: Server): Promise<void>
  /** Lets pages look under the hood of these parts (shared/hood). In production there is no such thing. */
  watch?(parts: Watched): void
  /** Waits a moment for pages that are being loaded: one that has only half of itself cannot come back by itself. */
  settle(): Promise<void>
  close(): Promise<void>
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
        gzip: true,
        setHeaders(res, file) {
          // Files in assets/ carry a hash of their content in their name; all others must be asked for anew.
          const hashed = file.startsWith('/assets/')
          res.setHeader('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache')
        },
      })
    },
    settle: () => Promise.resolve(),
    async close() {
      serve = undefined
    },
  }
}
