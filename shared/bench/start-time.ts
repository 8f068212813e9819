import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startCommand } from '../testing/process.ts'
import { median } from './compare.ts'
import { verdict } from './verdict.ts'

/**
 * Measures, `rounds` times, how long `npm run <script>` takes until its page is served, and prints the median beside what is
 * wanted, in seconds. It starts with `PORT` = `port`; the page is at `pagePort`. The first start has no data.
 */
export async function measureStart(
  script: string,
  wanted: number,
  { port, pagePort = port, rounds = 5 }: { port: number; pagePort?: number; rounds?: number },
): Promise<void> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'bench-start-'))
  const seconds: number[] = []
  for (let round = 0; round < rounds; round++) {
    const started = performance.now()
    const program = startCommand('npm', ['run', script], { env: { PORT: String(port), DATA_DIR: dataDir } })
    while (!(await isReady(pagePort))) await sleep(10)
    seconds.push((performance.now() - started) / 1_000)
    await program.stop()
  }
  await rm(dataDir, { recursive: true, force: true })
  const typical = median(seconds)
  console.log(
    `seconds from npm run ${script} to its page: the first time ${seconds[0]?.toFixed(2)}, ` +
      `typically ${typical.toFixed(2)} (at most ${wanted}: ${verdict(typical <= wanted, seconds)})`,
  )
}

async function isReady(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/`)
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false // nobody listens yet
  }
}
