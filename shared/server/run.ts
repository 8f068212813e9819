import type { Server as HttpServer } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import { describeError } from '../dev/describe-error.js'
import { type CommonConfig, type Env, StartError, setting } from './config.ts'
import { completeEnvironment } from './environment.ts'
import { serveKnownHosts } from './hosts.ts'
import { createLog, type Log, readLogLevel } from './log.ts'
import { networkNotes } from './notes.ts'
import { createPage, type Page } from './page.ts'
import { onShutdown } from './shutdown.ts'

/** What a level's `start` is given. */
export interface Surroundings {
  env: Env
  log: Log
  page: Page
}

/** What a level's `start` gives back: a server that is ready to listen. */
export interface Started {
  config: CommonConfig
  server: { http: HttpServer; close(): Promise<void> }
  /** The services it uses, one short phrase each, for the start line. */
  services: string[]
  /** Further lines for whoever starts it. */
  notes?: string[]
}

export interface LevelProgram {
  /** As in "Level 1 · Raw WebSocket". */
  name: string
  /** The level's folder. */
  dir: string
  /** The process that started this one speaks for it: no start lines. */
  quiet?: boolean
  /** False for one of several instances behind one address (see createPage). */
  hotReload?: boolean
  start(surroundings: Surroundings): Promise<Started>
}

/**
 * Runs one level as this process: starts it, listens, says where, and closes it on SIGINT or SIGTERM (exit code 0).
 * A start that cannot succeed prints one line that names the cure and exits with code 1.
 */
export async function runLevel(program: LevelProgram): Promise<void> {
  const environment = completeEnvironment()
  const page = createPage(program.dir, process.env.NODE_ENV === 'production', program.hotReload)
  const running: { close(): Promise<void> }[] = [page]
  // All at once: Vite's hot-reload sockets keep the HTTP server open until the page closes, and clients must not
  // wait for Vite to hear the news.
  const closeAll = async () => {
    await Promise.all(running.map((part) => part.close()))
  }
  onShutdown(async () => {
    await page.settle()
    await closeAll()
  })
  try {
    const env = await environment
    const log = createLog(readLogLevel(env))
    const { config, server, services, notes = [] } = await program.start({ env, log, page })
    running.push(server)
    await page.attach(server.http)
    serveKnownHosts(server.http, config.allowedHosts)
    await listen(server.http, config)
    const url = urlOf(server.http)
    const lines = [...notes, ...networkNotes(config, portOf(server.http))]
    if (!program.quiet) console.log(startLines(program.name, url, services, lines))
    process.send?.({ ready: url, services, notes })
  } catch (error) {
    const reason =
      error instanceof StartError ? error.message : `${program.name} failed to start: ${describeError(error)}`
    console.error(reason.replace(/\s*\n\s*/g, ' '))
    process.exitCode = 1
    await closeAll().catch(() => undefined)
    process.exit()
  }
}

/** What every level says at start. */
export function startLines(name: string, url: string, services: string[], notes: string[] = []): string {
  return [name, url, `services: ${services.join(', ') || 'none'}`, ...notes].join('\n  ')
}

/**
 * Listens where `config` says. Throws StartError for a port that is taken or not ours to take, and for a host
 * that is not this machine's.
 */
export function listen(server: Server, { host, port }: Pick<CommonConfig, 'host' | 'port'>): Promise<void> {
  const another = port < 60_000 ? port + 10 : port - 10
  const cures: Record<string, string> = {
    EADDRINUSE: `Port ${port} is taken: stop the program that uses it, or choose another with ${setting('PORT', another)}`,
    EACCES: `Port ${port} needs privileges: choose one above 1023 with ${setting('PORT', port + 8000)}`,
    EADDRNOTAVAIL: `HOST=${host} is no address of this machine: try ${setting('HOST', '127.0.0.1')}`,
  }
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => {
      const cure =
        error.syscall === 'getaddrinfo'
          ? `HOST=${host} cannot be resolved: try ${setting('HOST', '127.0.0.1')}`
          : cures[error.code ?? '']
      reject(cure ? new StartError(cure) : error)
    }
    server.once('error', refuse)
    server.listen({ host, port }, () => {
      server.off('error', refuse)
      resolve()
    })
  })
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

/** The URL to open in a browser on this machine. */
export function urlOf(server: Server): string {
  const { address, port, family } = server.address() as AddressInfo
  // Not ::1: on many machines `localhost` is 127.0.0.1 alone.
  if (['127.0.0.1', '0.0.0.0', '::'].includes(address)) return `http://localhost:${port}`
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
