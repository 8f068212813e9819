import { randomInt } from 'node:crypto'
import { connect, createServer } from 'node:net'

/** Below the ports that systems give to outgoing connections: one of those would be taken before a program listens. */
const [LOWEST_PORT, HIGHEST_PORT] = [12_000, 32_000]

/**
 * A port of 127.0.0.1 that nothing listens on now; with `offsets` also those that many above it, for a program that
 * takes several. Another process may take it in the next moment: for tests and development.
 */
export async function freePort(offsets: readonly number[] = []): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT)
    const free = await Promise.all([0, ...offsets].map((offset) => isFree(port + offset)))
    if (free.every(Boolean)) return port
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
