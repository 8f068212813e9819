import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ViteDevServer } from 'vite'
import { describeError } from '../dev/describe-error.js'
import { createStream, HOOD_PATH } from '../hood/stream.ts'
import { watch } from '../hood/watch.ts'
import { pathOf } from './http.ts'
import { isFromElsewhere } from './origin.ts'
import type { Page } from './page.ts'
import { isReading, setPageHeaders } from './page-headers.ts'
import { reloadWhenSourcesChange, serverFilesRestart } from './reload.ts'
import { sendError } from './respond.ts'
import { readPageConfig, socketIoClient } from './vite.ts'

/** Where Vite opens a file of this machine in an editor. */
const EDITOR_PATH = '/__open-in-editor'

/** Vite's client listens for changes with the first, and asks with the second whether a server is back. */
const [HOT_RELOAD, PING] = ['vite-hmr', 'vite-ping']
/** How long a page may take from its request until Vite's client in it is connected, in milliseconds. */
const LOADS_WITHIN_MS = 1_500

/** The page of the level in `levelDir`, served from its sources by Vite, with hot reload (see createPage). */
export function developmentPage(levelDir: string, hotReload: boolean): Page {
  // Stands in for the level's server, so that Vite gets its own upgrades only, and none before it is loaded.
  const upgrades = createHttpServer()
  const loads = countLoads()
  const hood = createStream()
  let loading: Promise<ViteDevServer> | undefined
  let closing = false
  const load = () => {
    loading ??= startVite(levelDir, hotReload, upgrades)
    return loading
  }

  return {
    handle(req, res, next) {
      if (!isReading(req)) return next()
      if (pathOf(req) === HOOD_PATH) return hood.handle(req, res)
      if (pathOf(req).toLowerCase().startsWith(EDITOR_PATH) && isFromElsewhere(req))
        return sendError(res, 403, 'origin_refused', 'This page may not open files here.')
      loads.onRequest(req)
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
    ownsUpgrade: (req) => pathOf(req) === '/' && [HOT_RELOAD, PING].includes(protocolOf(req)),
    async attach(server) {
      server.on('upgrade', (req, socket, head) => {
        if (!this.ownsUpgrade(req)) return
        const refuse = () => socket.destroy()
        socket.on('error', refuse)
        load().then(() => {
          // A page that hears "I am back" loads itself anew: a server that is about to end must not say so.
          if (closing) return refuse()
          loads.onUpgrade(req)
          upgrades.emit('upgrade', req, socket, head)
        }, refuse)
      })
      // Vite takes longer to load than everything else: the server answers first. Under the watcher (npm run level-1)
      // somebody is about to open the page; any other program may never be asked for it.
      if (process.env.SOURCES_VERSION === undefined) return
      server.once('listening', () => setImmediate(() => load().catch(() => undefined)))
    },
    watch,
    async settle() {
      closing = true
      while (loads.areUnderWay()) await sleep(20)
    },
    async close() {
      closing = true
      hood.close()
      const vite = await loading?.catch(() => undefined)
      await vite?.close()
    },
  }
}

/** Which pages have been asked for by a browser, and have not connected to Vite yet. */
function countLoads() {
  let pages = 0
  let last = Number.NEGATIVE_INFINITY
  return {
    onRequest({ headers }: IncomingMessage) {
      if (headers['sec-fetch-dest'] !== 'document') return
      pages++
      last = performance.now()
    },
    onUpgrade(req: IncomingMessage) {
      if (protocolOf(req) === HOT_RELOAD) pages = Math.max(0, pages - 1)
      else last = performance.now() // its page is about to be asked for
    },
    areUnderWay() {
      const age = performance.now() - last
      return pages > 0 ? age < LOADS_WITHIN_MS : age < LOADS_WITHIN_MS / 5
    },
  }
}

function protocolOf(req: IncomingMessage): string {
  return req.headers['sec-websocket-protocol'] ?? ''
}

async function startVite(levelDir: string, hotReload: boolean, upgrades: Server): Promise<ViteDevServer> {
  const { createServer, resolveConfig, searchForWorkspaceRoot } = await import('vite')
  const byDefault = await resolveConfig({ configFile: false }, 'serve')
  const config = await readPageConfig(levelDir)
  const development = hotReload ? serverFilesRestart(levelDir) : reloadWhenSourcesChange(levelDir)
  return createServer({
    ...config,
    plugins: [...(config.plugins ?? []), development],
    // The token ties a page to the instance that it came from.
    legacy: { skipWebSocketTokenCheck: !hotReload },
    server: {
      middlewareMode: true,
      allowedHosts: true, // asked at the door already (hosts.ts)
      hmr: { server: upgrades },
      fs: {
        allow: [searchForWorkspaceRoot(levelDir), socketIoClient],
        deny: [...byDefault.server.fs.deny, '**/.data/**'], // a list of ours takes the place of Vite's own
      },
    },
  })
}
