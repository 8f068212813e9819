import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

export const kinds = ['level', 'bare'] as const
export type Kind = (typeof kinds)[number]

export interface ServerProcess {
  port: number
  /** Bytes in use on the heap and beside it, garbage collected. */
  memoryInUse(): Promise<number>
  stop(): Promise<void>
}

/** Starts a server as a process of its own, so that it shares neither memory nor an event loop with the load. */
export async function startServer(kind: Kind): Promise<ServerProcess> {
  const script = path.join(import.meta.dirname, 'servers.ts')
  const server = fork(script, [kind], { execArgv: ['--import', 'tsx', '--expose-gc'] })
  const [{ port }] = (await once(server, 'message')) as [{ port: number }]
  return {
    port,
    async memoryInUse() {
      server.send('memory')
      const [{ used }] = (await once(server, 'message')) as [{ used: number }]
      return used
    },
    async stop() {
      const exit = once(server, 'exit')
      server.disconnect()
      await exit
    },
  }
}
