import { type ChildProcess, type ForkOptions, fork, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { sayGoodbye } from '@levels/shared/dev/goodbye.js'
import { runner } from '@levels/shared/dev/typescript.js'
import { type Env, StartError } from '@levels/shared/server/config.ts'
import type { Log } from '@levels/shared/server/log.ts'

export interface ProgramOptions {
  /** As it is called in the log. */
  name: string
  /** Its file, from the level's folder. It says `process.send(Ready)` once, and ends on SIGTERM or when we are gone. */
  script: string
  /** Added to our own environment. */
  env: Env
  /** Added, too: the program is started at once, and is told this when it is known (completeEnvironment). */
  later?: Promise<Env>
  log: Log
  /** Pause before it is started again, in milliseconds. */
  restartAfterMs: number
  /** How long it may take to end when it is asked to, in milliseconds; then it is killed. */
  stopWithinMs: number
}

/** What a program says when it can be used: where, on which services, and what else to know. */
export interface Ready {
  ready: string
  services: string[]
  notes?: string[]
}

/** With what it said when it was ready the first time. */
export interface RunningProgram extends Ready {
  /** Ends it and starts it again at once, with these variables added to its environment. */
  restart(more: Env): void
  stop(): Promise<void>
}

/**
 * Starts a program as a process of its own and starts it again whenever it ends, however it ends. Resolves when it is
 * ready; throws StartError with the program's last words when it ends before that the first time.
 */
export async function keepRunning(options: ProgramOptions): Promise<RunningProgram> {
  const { name, log, restartAfterMs, stopWithinMs } = options
  let { env } = options
  let isComplete = options.later === undefined
  let child: ChildProcess | undefined
  let timer: NodeJS.Timeout | undefined
  /** Those that were asked to make room for the next one. */
  const replaced = new WeakSet<ChildProcess>()
  let stopping = false

  const start = (): Promise<Ready> => {
    const started = launch({ ...options, env: isComplete ? env : { ...env, ENV_FOLLOWS: 'true' } })
    child = started.child
    child.once('exit', (code, signal) => {
      child = undefined
      if (stopping || !everReady) return
      if (replaced.has(started.child)) return startAgain()
      log.warn(
        `${name} ended (${signal ?? `exit code ${code}`}): starting it again in ${restartAfterMs / 1000} s`,
      )
      timer = setTimeout(startAgain, restartAfterMs)
    })
    return started.ready
  }

  const startAgain = () => {
    clearTimeout(timer)
    const ready = start()
    const mine = child
    ready.catch((error: Error) => {
      if (mine && !replaced.has(mine)) log.warn(`${name}: ${error.message}`)
    })
  }

  let everReady = false
  const firstReady = start()
  options.later?.then(
    (rest) => {
      env = { ...env, ...rest }
      isComplete = true
      child?.send({ env: rest })
    },
    () => undefined, // told by whoever could not find it out
  )
  const ready = await firstReady
  everReady = true
  return {
    ...ready,
    restart(more) {
      env = { ...env, ...more }
      if (!child) return startAgain()
      replaced.add(child)
      void end(child, stopWithinMs)
    },
    async stop() {
      stopping = true
      clearTimeout(timer)
      if (child) await end(child, stopWithinMs)
    },
  }
}

function launch({ name, script, env }: ProgramOptions): { child: ChildProcess; ready: Promise<Ready> } {
  const options: ForkOptions & Pick<SpawnOptions, 'windowsHide'> = {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Ctrl-C in the terminal goes to the whole group; but this process decides which program ends when.
    // (On Windows that would open a console window, and Ctrl-C reaches only us anyway.)
    detached: process.platform !== 'win32',
    windowsHide: true,
  }
  const child = fork(runner, [path.join(import.meta.dirname, '..', script)], options)
  // However this process ends, its program ends, too.
  const kill = () => child.kill('SIGKILL')
  process.on('exit', kill)
  child.once('exit', () => process.off('exit', kill))

  const ready = new Promise<Ready>((resolve, reject) => {
    let isReady = false
    let lastLine = 'it ended at once'
    child.once('message', (message: Ready) => {
      isReady = true
      resolve(message)
    })
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue
      createInterface({ input: stream }).on('line', (line) => {
        lastLine = line
        if (isReady) console.log(`${name} | ${line}`)
      })
    }
    child.once('close', () => reject(new StartError(lastLine)))
  })
  return { child, ready }
}

async function end(child: ChildProcess, withinMs: number): Promise<void> {
  const exited = once(child, 'exit')
  const timer = setTimeout(() => child.kill('SIGKILL'), withinMs)
  sayGoodbye(child)
  await exited
  clearTimeout(timer)
}
