import { randomInt } from 'node:crypto'
import { connect, createServer } from 'node:net'

/** Below the ports that systems give to outgoing connections: one of those would be taken before a program listens. */
const [LOWEST_PORT, HIGHEST_PORT] = [12_000, 32_000]
/** What was given lately: whoever has got one may not listen yet, or was killed and comes back. */
const given = new Set<number>()
const REMEMBERED = 5_000

/**
 * A port of 127.0.0.1 that nothing listens on now, and that this process was not given lately; with `offsets` also those
 * that many above it, for a program that takes several. Another process may take it in the next moment: for tests and
 * development.
 */
export async function freePort(offsets: readonly number[] = []): Promise<number> {
  for (;;) {
    const first = randomInt(LOWEST_PORT, HIGHEST_PORT)
    const ports = [0, ...offsets].map((offset) => first + offset)
    if (ports.some((port) => given.has(port))) continue
    for (const port of ports) given.add(port)
    for (const oldest of given) {
      if (given.size <= REMEMBERED) break
      given.delete(oldest)
    }
    const free = await Promise.all(ports.map(isFree))
    if (free.every(Boolean)) return first
  }
}

/** Whether something listens on this port of 127.0.0.1. */
export function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** Listens there for a moment. */
function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
