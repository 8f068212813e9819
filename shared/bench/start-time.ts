import { setTimeout as sleep } from 'node:timers/promises'
import { startCommand } from '../testing/process.ts'
import { median } from './compare.ts'
import { verdict } from './verdict.ts'

/** Measures, `rounds` times, how long `npm run <script>` takes until `/healthz` answers 200, and prints the median. */
export async function measureStart(script: string, port: number, rounds = 5): Promise<void> {
  const seconds: number[] = []
  for (let round = 0; round < rounds; round++) seconds.push(await startOnce(script, port))
  const typical = median(seconds)
  const wanted = 1.5
  console.log(
    `seconds from npm run ${script} to ready: ${typical.toFixed(2)} (at most ${wanted}: ${verdict(typical <= wanted)})`,
  )
}

async function startOnce(script: string, port: number): Promise<number> {
  const started = performance.now()
  const program = startCommand('npm', ['run', script], { env: { PORT: String(port) } })
  try {
    while (!(await isReady(port))) await sleep(10)
    return (performance.now() - started) / 1_000
  } finally {
    await program.stop()
  }
}

async function isReady(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/healthz`)).ok
  } catch {
    return false // nobody listens yet
  }
}
