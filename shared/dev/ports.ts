import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'

/**
 * A port of 127.0.0.1 that nothing listens on now; with `offsets` also those that many above it, for a program that
 * takes several. Another process may take it in the next moment: for tests and development.
 */
export async function freePort(offsets: readonly number[] = []): Promise<number> {
  while (true) {
    const port = await listenFor(0)
    const others = await Promise.all(offsets.map((offset) => listenFor(port + offset).catch(() => undefined)))
    if (!others.includes(undefined)) return port
  }
}

/** Listens there for a moment; 0 is a free one. Resolves with the port, rejects when it is taken. */
async function listenFor(port: number): Promise<number> {
  const server = net.createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  const { port: found } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return found
}
