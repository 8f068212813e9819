import net, { isIPv6, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '@levels/shared/server/log.ts'

export interface Target {
  host: string
  port: number
}

export interface Balancer {
  /** Not listening yet. */
  server: net.Server
  close(): Promise<void>
}

const CONNECT_TIMEOUT_MS = 1_000
/** How long a visitor waits for an instance: both may be starting again, after a file was saved. */
const PATIENCE_MS = 5_000
const ASK_AGAIN_MS = 200
/** Further visitors do not wait: they get a 503 at once. */
const MAX_WAITING = 1_000

/** A problem document (RFC 9457), like any other answer that says no. */
const problem = JSON.stringify({
  type: 'about:blank',
  title: 'Service Unavailable',
  status: 503,
  detail: 'No instance takes connections: try again in a moment.',
  code: 'no_instance',
})
const noInstance = [
  'HTTP/1.1 503 Service Unavailable',
  'connection: close',
  'content-type: application/problem+json',
  `content-length: ${problem.length}`,
  'retry-after: 2',
  '',
  problem,
].join('\r\n')

/**
 * A TCP balancer: each new connection goes to the next target, round robin, and then bytes pass both ways unread.
 * A target that refuses the connection is skipped, and so is one that does not answer `GET /readyz` with 200 (asked every
 * `probeMs`), unless no target does: then any that takes the connection is better than none. When none takes it, a visitor
 * waits for `patienceMs` before it gets a 503.
 *
 * Since it reads no HTTP, it cannot tell the instances the visitor's address (`X-Forwarded-For`): to them everybody
 * comes from this machine. On a developer's machine that is true; elsewhere use nginx, as docker-compose.yml does.
 */
export function createBalancer(
  targets: readonly Target[],
  log: Log,
  { probeMs = 2_000, patienceMs = PATIENCE_MS } = {},
): Balancer {
  const sockets = new Set<Socket>()
  const unready = new Set<Target>()
  let turn = 0
  let deserted = false
  let waiting = 0

  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, async (client) => {
    track(client)
    const upstream = (await connectToAny()) ?? (waiting < MAX_WAITING ? await waitForAny(client) : undefined)
    if (!upstream) return client.end(noInstance)
    track(upstream)
    join(client, upstream)
  })

  /** The first target that takes the connection. */
  async function connectToAny(): Promise<Socket | undefined> {
    for (const target of inTurn()) {
      const upstream = await connect(target)
      if (!upstream) continue
      deserted = false
      return upstream
    }
    if (!deserted) log.warn('No instance takes connections')
    deserted = true
    return undefined
  }

  async function waitForAny(client: Socket): Promise<Socket | undefined> {
    const until = performance.now() + patienceMs
    let upstream: Socket | undefined
    waiting++
    while (!upstream && !client.destroyed && performance.now() < until) {
      await sleep(ASK_AGAIN_MS)
      upstream = await connectToAny()
    }
    waiting--
    return upstream
  }

  /** All targets, the next one first, those that are not ready last. */
  function inTurn(): Target[] {
    const start = turn++ % targets.length
    const rotated = [...targets.slice(start), ...targets.slice(0, start)]
    return [
      ...rotated.filter((target) => !unready.has(target)),
      ...rotated.filter((target) => unready.has(target)),
    ]
  }

  function track(socket: Socket): void {
    sockets.add(socket)
    // Connections are reset all the time; 'close' follows and cleans up.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  }

  async function probe(target: Target): Promise<void> {
    const host = isIPv6(target.host) ? `[${target.host}]` : target.host
    const url = `http://${host}:${target.port}/readyz`
    const answer = await fetch(url, { signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) }).catch(
      () => undefined,
    )
    await answer?.body?.cancel()
    if (answer?.ok) unready.delete(target)
    else unready.add(target)
  }
  const probing = setInterval(() => targets.forEach(probe), probeMs)

  return {
    server,
    async close() {
      clearInterval(probing)
      if (!server.listening) return
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** Resolves with undefined when the target does not take the connection in time. */
function connect({ host, port }: Target): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, allowHalfOpen: true, noDelay: true })
    const give = (result: Socket | undefined) => {
      clearTimeout(timer)
      socket.off('error', fail)
      if (!result) socket.destroy()
      resolve(result)
    }
    const fail = () => give(undefined)
    const timer = setTimeout(fail, CONNECT_TIMEOUT_MS)
    socket.once('error', fail)
    socket.once('connect', () => give(socket))
  })
}

/** `pipe` waits for a slow reader (back-pressure) and passes a half close on; a broken end breaks the other. */
function join(client: Socket, upstream: Socket): void {
  client.pipe(upstream)
  upstream.pipe(client)
  const after = (other: Socket) => (hadError: boolean) => (hadError ? other.destroy() : other.destroySoon())
  client.once('close', after(upstream))
  upstream.once('close', after(client))
  if (client.destroyed) upstream.destroy()
}
