import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { freePort } from '@levels/shared/dev/ports.ts'
import { type Program, startProgram } from '@levels/shared/testing/process.ts'

/** `npm run level-4`, without the watcher. */
export interface Cluster {
  program: Program
  app1: string
  app2: string
  balancer: string
  /** The process that runs this script of the cluster's (`main.ts` has two: app1 and app2). */
  pidOf(script: string, name?: string): number
  stop(): Promise<void>
}

export async function startCluster(env: Record<string, string> = {}): Promise<Cluster> {
  const port = await freePort([1, 40])
  const dataDir = await mkdtemp(path.join(tmpdir(), 'level-4-'))
  const program = launchCluster({ PORT: String(port), DATA_DIR: dataDir, ...env })
  await program.printed(/instances: .*\n/)
  return {
    program,
    app1: `http://localhost:${port}`,
    app2: `http://localhost:${port + 1}`,
    balancer: `http://localhost:${port + 40}`,
    pidOf: (script) => {
      const child = childrenOf(program.pid).find(({ command }) => command.includes(script))
      if (!child) throw new Error(`${script} is not running`)
      return child.pid
    },
    async stop() {
      program.kill('SIGTERM')
      await program.exit
      await program.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export function launchCluster(env: Record<string, string>): Program {
  return startProgram(['level-4-push-scaling/dev/cluster.ts'], { env: { NODE_ENV: undefined, ...env } })
}

/** The processes that `pid` started, and those that these started. */
export function childrenOf(pid: number): { pid: number; command: string }[] {
  const table = execFileSync('ps', ['-e', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
  const all = table.split('\n').map((line) => {
    const [, child, parent, command = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? []
    return { pid: Number(child), parent: Number(parent), command }
  })
  const below = (parent: number): typeof all =>
    all.filter((process) => process.parent === parent).flatMap((process) => [process, ...below(process.pid)])
  return below(pid)
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** kill -9, for a process that may have ended since it was listed. */
export function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
