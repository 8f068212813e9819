import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { runner } from '../dev/typescript.js'
import { verdict } from './verdict.ts'

/** The level, and the least server that does the same work. */
export type Kind = 'level' | 'bare'

/** A server in a process of its own. */
export interface MeasuredServer {
  port: number
  /** Its memory in use, in bytes, after the garbage was collected. */
  memory(): Promise<number>
  /** The processor time it has used so far, in seconds. */
  processorTime(): Promise<number>
}

export interface Measurement {
  /** What is measured, with its unit. */
  what: string
  /** The ratio level / bare that is wanted. */
  target: { atLeast: number } | { atMost: number }
  measure(server: MeasuredServer): Promise<number>
}

/**
 * Measures both servers in turn, `rounds` times, each time in a fresh process, and prints the medians of both and of
 * the ratios within a round: whatever else the machine does at that time hits both alike.
 *
 * `script` calls `serveForBench` (serve.ts). Returns whether every target was met.
 */
export async function compare(script: string, rounds: number, measurements: Measurement[]): Promise<boolean> {
  let allMet = true
  for (const measurement of measurements) {
    const results: Record<Kind, number>[] = []
    for (let round = 0; round < rounds; round++) {
      const result = { level: 0, bare: 0 }
      // Who goes first changes: the first finds a cooler processor.
      const kinds: Kind[] = round % 2 === 0 ? ['bare', 'level'] : ['level', 'bare']
      for (const kind of kinds) result[kind] = await withServer(script, kind, measurement.measure)
      results.push(result)
    }
    allMet = report(measurement, results) && allMet
  }
  return allMet
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

function report({ what, target }: Measurement, results: Record<Kind, number>[]): boolean {
  const show = (kind: Kind) => Math.round(median(results.map((result) => result[kind]))).toLocaleString('en')
  const ratio = median(results.map(({ level, bare }) => level / bare))
  const isMet = 'atLeast' in target ? ratio >= target.atLeast : ratio <= target.atMost
  const wanted = 'atLeast' in target ? `at least ${target.atLeast}` : `at most ${target.atMost}`
  const floors = results.map(({ bare }) => bare)
  console.log(
    `${what}: level ${show('level')}, bare ${show('bare')}, ratio ${ratio.toFixed(2)} (${wanted}: ${verdict(isMet, floors)})`,
  )
  return isMet
}

/** Starts one of the servers in a process of its own (`env` is added to ours), measures it, and ends it. */
export async function withServer<T>(
  script: string,
  kind: Kind,
  measure: (server: MeasuredServer) => Promise<T>,
  env: Record<string, string> = {},
): Promise<T> {
  // As a level is started: compiled, where Node cannot run TypeScript.
  const child: ChildProcess = fork(runner, [script, kind], {
    execArgv: ['--expose-gc'],
    env: { ...process.env, ...env },
  })
  try {
    const [{ port }] = (await once(child, 'message')) as [{ port: number }]
    const ask = async (question: 'memory' | 'processorTime') => {
      child.send(question)
      const [answer] = (await once(child, 'message')) as [number]
      return answer
    }
    return await measure({
      port,
      memory: () => ask('memory'),
      processorTime: () => ask('processorTime'),
    })
  } finally {
    // Not connected any more: it has ended by itself, and what was thrown above says more than that.
    if (child.connected) {
      const exit = once(child, 'exit')
      child.disconnect()
      await exit
    }
  }
}
