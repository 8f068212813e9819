import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Report, Request } from './socket-server.ts'

export interface SocketServerProcess {
  url: string
  /** What the Redis clients of that process complained about, and how the process ended if it did. */
  problems: string[]
  process: ChildProcess
  /** Runs one of the operations of socket-server.ts over there; rejects with its error. */
  call(operation: Request['operation'], ...args: unknown[]): Promise<unknown>
  stop(): Promise<void>
}

/** Starts socket-server.ts in a process of its own; resolves when it accepts connections. */
export async function startSocketServer(
  redisUri: string,
  name: string,
  protocol: 2 | 3,
): Promise<SocketServerProcess> {
  const script = fileURLToPath(new URL('socket-server.ts', import.meta.url))
  const child = fork(script, [redisUri, name, String(protocol)], { execArgv: ['--import', 'tsx'] })
  const problems: string[] = []
  const waiting = new Map<number, { resolve(result: unknown): void; reject(problem: Error): void }>()
  child.once('exit', (code, signal) => {
    problems.push(`exit ${code ?? signal}`)
    for (const call of waiting.values()) call.reject(new Error(`${name} is gone`))
  })

  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`${name} did not start`)))
    child.on('message', (report: Report) => {
      if ('port' in report) return resolve(report.port)
      if ('redisError' in report) return problems.push(report.redisError)
      const call = waiting.get(report.id)
      waiting.delete(report.id)
      if (report.problem === undefined) call?.resolve(report.result)
      else call?.reject(new Error(report.problem))
    })
  })

  let calls = 0
  return {
    url: `http://127.0.0.1:${port}`,
    problems,
    process: child,
    call(operation, ...args) {
      const id = ++calls
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject })
        child.send({ id, operation, args } satisfies Request, (problem) => problem && reject(problem))
      })
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}
