import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { answers, freePort } from '../dev/ports.ts'
import type { Kind } from './compare.ts'

/** A server that does not listen yet, or the port of one that does. */
type Served = Server | number

/** The other end of compare.ts: starts the server that this process was asked for, and tells its port and what it uses. */
export async function serveForBench(servers: Record<Kind, () => Served | Promise<Served>>): Promise<void> {
  const served = await servers[process.argv[2] === 'level' ? 'level' : 'bare']()
  if (typeof served === 'number') process.send?.({ port: served })
  else served.listen(0, '127.0.0.1', () => process.send?.({ port: (served.address() as AddressInfo).port }))
  process.on('message', (question) => process.send?.(question === 'memory' ? memory() : processorTime()))
  process.on('disconnect', () => process.exit())
}

/** Runs an exercise's solution in this process, and resolves with its port when it listens. `load` imports it. */
export async function runSolution(load: () => Promise<unknown>): Promise<number> {
  const port = await freePort()
  process.env.PORT = String(port)
  await load()
  while (!(await answers(port))) await sleep(10)
  return port
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
