import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

/** A program of this level, running as a process of its own. */
export interface Program {
  url: string
  process: ChildProcess
  /** What it wrote so far. */
  output(): string
  /** Ends it as asked and gives its exit code; null when a signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null>
}

/** Starts `src/<script>`; resolves when it says that it is ready. Rejects with its output when it ends before. */
export async function startProgram(script: string, env: Record<string, string>): Promise<Program> {
  const child = launch(script, env)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk))
  const url = await new Promise<string>((resolve, reject) => {
    child.once('message', ({ ready }: { ready: string }) => resolve(ready))
    child.once('close', (code) => reject(new Error(`${script} ended with ${code}: ${output}`)))
  })
  return {
    url,
    process: child,
    output: () => output,
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
      child.kill(signal)
      const [code] = await once(child, 'exit')
      return code
    },
  }
}

/** Runs `src/<script>` until it ends by itself. */
export async function runProgram(
  script: string,
  env: Record<string, string>,
): Promise<{ code: number | null; output: string }> {
  const child = launch(script, env)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk))
  const [code] = await once(child, 'close')
  return { code, output }
}

/** One instance, on a free port. */
export function startInstance(
  name: string,
  services: { mongo: string; redis: string },
  env: Record<string, string> = {},
): Promise<Program> {
  return startProgram('main.ts', {
    INSTANCE_NAME: name,
    PORT: '0',
    MONGODB_URI: services.mongo,
    REDIS_URL: services.redis,
    ...env,
  })
}

function launch(script: string, env: Record<string, string>): ChildProcess {
  const { NODE_ENV: _, ...inherited } = process.env // vitest's would make it "test"
  return fork(path.join(import.meta.dirname, '..', '..', 'src', script), {
    env: { ...inherited, ...env },
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
}
