import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Kind } from './compare.ts'

/** The other end of compare.ts: starts the server that this process was asked for, and tells its port and what it uses. */
export async function serveForBench(servers: Record<Kind, () => Server | Promise<Server>>): Promise<void> {
  const http = await servers[process.argv[2] === 'level' ? 'level' : 'bare']()
  http.listen(0, '127.0.0.1', () => process.send?.({ port: (http.address() as AddressInfo).port }))
  process.on('message', (question) => process.send?.(question === 'memory' ? memory() : processorTime()))
  process.on('disconnect', () => process.exit())
}

function memory(): number {
  // Once is not enough: what the first collection frees can hold on to more.
  for (let round = 0; round < 3; round++) globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function processorTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000_000
}
