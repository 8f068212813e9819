import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Fault, History } from './history.ts'

/** Stands between a client and a server, and is the network that fails. */
export interface Link {
  readonly port: number
  /** Where the client connects to instead of the server. */
  readonly url: string
  /** How many connections there are. */
  readonly connections: number
  /** Where the newest connection leads to: one of the targets, as a URL. */
  readonly target: string | undefined
  /** Resets every connection, as when a router goes. New ones get through. */
  cut(): void
  /** Cuts, and resets new connections at once, until `up`. */
  down(): void
  up(): void
  /**
   * Passes nothing on (in one direction or both) and closes nothing: both sides believe that the other is there. New
   * connections get through. Holds 64 KiB, then reads no more, so that the side that goes on writing feels it.
   */
  freeze(direction?: Direction): void
  /** Passes on what frozen connections held back, and what comes. */
  thaw(): void
  /** From now on everything takes so many milliseconds longer on its way, in both directions. 0 ends it. */
  slow(ms: number): void
  /** Says to the server that the client sends nothing any more (FIN), and leaves the other direction open. */
  halfClose(): void
  /**
   * The next thing that the server says after the client said something does not arrive: it is dropped, and the
   * connection is cut. Resolves when that has happened.
   */
  swallowAnswer(): Promise<void>
  /** Resolves when the server has ended every connection that is open now, frozen ones too. */
  endedByServer(): Promise<void>
  close(): void
}

export type Direction = 'to the server' | 'to the client'

export interface LinkOptions {
  /** Where connections lead, as URLs: to the first that takes them. */
  targets: readonly string[]
  /** Every fault is recorded there, under this name. */
  history?: History
  name?: string
}

/** Opens a link on 127.0.0.1. */
export async function openLink({ targets, history, name = 'link' }: LinkOptions): Promise<Link> {
  const lines = new Set<Line>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    if (isDown) return client.resetAndDestroy()
    void connectTo(targets).then((found) => {
      if (!found || client.destroyed) {
        found?.upstream.destroy()
        return client.resetAndDestroy()
      }
      target = found.target
      const line = createLine(client, found.upstream, () => lines.delete(line), settings)
      lines.add(line)
    })
    client.on('error', () => client.destroy()) // the failure under test
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const settings: Settings = { delayMs: 0 }
  let isDown = false
  let target: string | undefined
  const tell = (what: Fault, note?: string) => history?.add(name, what, note === undefined ? {} : { note })
  const cutAll = () => {
    for (const line of lines) line.cut()
  }

  return {
    port,
    url: `http://localhost:${port}`,
    get connections() {
      return lines.size
    },
    get target() {
      return target
    },
    cut() {
      tell('cut')
      cutAll()
    },
    down() {
      tell('down')
      isDown = true
      cutAll()
    },
    up() {
      tell('up')
      isDown = false
    },
    freeze(direction) {
      tell('frozen', direction)
      for (const line of lines) line.freeze(direction)
    },
    thaw() {
      tell('thawed')
      for (const line of lines) line.thaw()
    },
    slow(ms) {
      tell('slowed', `${ms} ms`)
      settings.delayMs = ms
    },
    halfClose() {
      tell('half-closed')
      for (const line of lines) line.halfClose()
    },
    swallowAnswer: () =>
      new Promise((resolve) => {
        settings.swallowed = () => {
          settings.swallowed = undefined
          tell('swallowed')
          resolve()
        }
        for (const line of lines) line.forgetAsked()
      }),
    async endedByServer() {
      await Promise.all([...lines].map((line) => line.endedByServer))
    },
    close() {
      isDown = true
      server.close()
      cutAll()
    },
  }
}

const MOST_HELD_BYTES = 65_536

/** What holds for every connection of a link. */
interface Settings {
  delayMs: number
  swallowed?: (() => void) | undefined
}

/** One connection through the link. */
interface Line {
  cut(): void
  freeze(direction?: Direction): void
  thaw(): void
  halfClose(): void
  /** What the client said before this does not count as a question. */
  forgetAsked(): void
  endedByServer: Promise<void>
}

async function connectTo(
  targets: readonly string[],
): Promise<{ upstream: Socket; target: string } | undefined> {
  for (const target of targets) {
    const { hostname, port } = new URL(target)
    const host = hostname.replace(/^\[|\]$/g, '')
    const upstream = connect({ host, port: Number(port || 80), allowHalfOpen: true, noDelay: true })
    const isOpen = await once(upstream, 'connect').then(
      () => true,
      () => false,
    )
    if (isOpen) return { upstream, target }
  }
  return undefined
}

function createLine(client: Socket, upstream: Socket, onEnd: () => void, settings: Settings): Line {
  const up = createLane(client, upstream, settings)
  const down = createLane(upstream, client, settings)
  let hasAsked = false
  let markEnded: () => void = () => undefined
  const endedByServer = new Promise<void>((resolve) => {
    markEnded = resolve
  })
  function cut(): void {
    client.resetAndDestroy()
    upstream.resetAndDestroy()
  }

  client.on('data', (data) => {
    hasAsked = true
    up.forward(data)
  })
  upstream.on('data', (data) => {
    if (settings.swallowed && hasAsked && !down.isFrozen()) {
      settings.swallowed()
      return cut()
    }
    down.forward(data)
  })
  for (const [from, to, lane] of [
    [client, upstream, up],
    [upstream, client, down],
  ] as const) {
    from.on('error', () => from.destroy()) // an error here is the failure under test; `close` follows
    from.on('end', () => {
      if (from === upstream) markEnded()
      lane.pass(() => to.end())
    })
    from.on('close', () => {
      if (from === upstream) markEnded()
      lane.pass(() => to.destroy())
      if (client.destroyed && upstream.destroyed) onEnd()
    })
  }

  return {
    endedByServer,
    cut,
    freeze(direction) {
      if (direction !== 'to the client') up.freeze()
      if (direction !== 'to the server') down.freeze()
    },
    thaw() {
      up.thaw()
      down.thaw()
    },
    halfClose: () => void upstream.end(),
    forgetAsked() {
      hasAsked = false
    },
  }
}

/** One direction of a connection: passes on now, or later if the link is slow or frozen; always in order. */
function createLane(from: Socket, to: Socket, settings: Settings) {
  let frozen = false
  let held: (() => void)[] = []
  let heldBytes = 0

  function pass(step: () => void): void {
    if (frozen) held.push(step)
    else if (settings.delayMs > 0) setTimeout(() => (frozen ? held.push(step) : step()), settings.delayMs)
    else step()
  }

  return {
    pass,
    isFrozen: () => frozen,
    forward(data: Buffer): void {
      if (frozen) {
        heldBytes += data.length
        if (heldBytes > MOST_HELD_BYTES) from.pause()
      }
      pass(() => {
        if (to.destroyed || !to.writable || to.write(data)) return
        from.pause()
        to.once('drain', () => from.resume())
      })
    },
    freeze(): void {
      frozen = true
    },
    thaw(): void {
      frozen = false
      const steps = held
      held = []
      heldBytes = 0
      from.resume()
      for (const step of steps) step()
    },
  }
}
