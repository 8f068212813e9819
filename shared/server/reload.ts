import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Plugin, ViteDevServer } from 'vite'
import { kindOfSource, sourceFolders } from '../dev/sources.js'

/** In so many milliseconds an editor that saves all files has saved them, and their changes have been noticed. */
const SAVED_WITHIN_MS = 80

/**
 * Leaves the files of the server to what watches over it: it starts the server anew, and the page follows when the server
 * is back. A page that Vite told to load itself anew at once would find nobody there, and stay with the browser's error.
 */
export function serverFilesRestart(levelDir: string): Plugin {
  let isEnding: (() => Promise<boolean>) | undefined
  return {
    name: 'server-files-restart',
    configureServer(server) {
      isEnding = watchServer(server, sourceFolders(levelDir))
    },
    async hotUpdate() {
      return (await isEnding?.()) ? [] : undefined
    },
  }
}

/**
 * Watches the files of the server, too. Resolves with whether one of them has been saved, alone or with others: then what
 * watches over this process ends it in a moment. Without such a watcher (IPC channel) it never is.
 */
function watchServer({ watcher }: ViteDevServer, folders: string[]): () => Promise<boolean> {
  let ending = false
  watcher.add(folders)
  watcher.on('all', (_event, file) => {
    const kind = kindIn(folders, file)
    ending ||= kind === 'server' || kind === 'runner'
  })
  return async () => {
    if (!process.connected) return false
    await sleep(SAVED_WITHIN_MS)
    return ending
  }
}

function kindIn(folders: string[], file: string): ReturnType<typeof kindOfSource> {
  const folder = folders.find((one) => file.startsWith(one + path.sep) || file.startsWith(`${one}/`))
  return folder === undefined ? undefined : kindOfSource(path.relative(folder, file))
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
    configureServer(server) {
      const folders = sourceFolders(levelDir)
      const isEnding = watchServer(server, folders)
      // Every file of the page, not only those that this instance has served: the page may have come from another one.
      server.watcher.on('all', async (event, file) => {
        if (event.endsWith('Dir') || kindIn(folders, file) !== 'page' || (await isEnding())) return
        server.ws.send({ type: 'full-reload' })
      })
      server.ws.on('connection', () => server.ws.send({ type: 'custom', event: 'sources', data: version }))
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
      // The other instance hears of the change in the same moment; a moment later it has.
      clearTimeout(reload)
      reload = setTimeout(() => location.reload(), 150)
    }
    socket.onclose = () => setTimeout(connect, 500)
  }
  connect()`
