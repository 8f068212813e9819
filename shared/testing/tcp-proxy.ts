import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Stands between a client and a server, and is the network that fails. */
export interface TcpProxy {
  readonly port: number
  /** Where clients connect to instead of the server. */
  readonly url: string
  /** Resets every connection, as when a router goes. New ones get through. */
  cut(): void
  /** Passes nothing on any more, yet closes nothing: both sides believe that the other is there. New ones get through. */
  freeze(): void
  /** Passes on what the frozen connections held back, and what comes. */
  thaw(): void
  /** While false, new connections are reset at once: the network is down. */
  reachable: boolean
  close(): Promise<void>
}

/** Starts a proxy on 127.0.0.1 in front of the server at `target`, a port or a URL. */
export async function startTcpProxy(target: number | string): Promise<TcpProxy> {
  const targetPort = typeof target === 'number' ? target : Number(new URL(target).port)
  const pairs = new Set<readonly [Socket, Socket]>()
  const server = createServer({ noDelay: true }, (client) => {
    if (!proxy.reachable) return client.resetAndDestroy()
    const upstream = connect({ port: targetPort, host: '127.0.0.1', noDelay: true })
    const pair = [client, upstream] as const
    pairs.add(pair)
    for (const [from, to] of [pair, [upstream, client] as const]) {
      from.pipe(to)
      // The end of one side is the end of the other; an error here is the failure under test.
      from.on('error', () => to.destroy())
      from.on('close', () => {
        to.destroy()
        pairs.delete(pair)
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  const proxy: TcpProxy = {
    port,
    url: `http://localhost:${port}`,
    reachable: true,
    cut() {
      for (const [client, upstream] of pairs) {
        client.resetAndDestroy()
        upstream.resetAndDestroy()
      }
    },
    freeze() {
      for (const [client, upstream] of pairs) {
        client.unpipe(upstream)
        upstream.unpipe(client)
        client.pause()
        upstream.pause()
      }
    },
    thaw() {
      for (const [client, upstream] of pairs) {
        client.pipe(upstream)
        upstream.pipe(client)
      }
    },
    async close() {
      server.close()
      proxy.cut()
    },
  }
  return proxy
}
