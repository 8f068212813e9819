import { type ChildProcess, spawn } from 'node:child_process'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '@levels/shared/dev/ports.ts'
import { groupCpu, groupMemory, isGroupAlive, signalGroup } from '@levels/shared/testing/process-group.ts'
import type { History } from './history.ts'

/** A server under test: a program of its own that can be killed and started again, on the same port. */
export interface ServerProcess {
  readonly port: number
  readonly url: string
  /** What the program wrote last: at most 20 lines. */
  lastWords(): string[]
  /** Whether the program, or anything that it started, still runs. */
  isRunning(): boolean
  /** Ends it and all that it started, as a power cut would (SIGKILL). */
  kill(): Promise<void>
  /** Asks it to end (SIGTERM). Resolves when it has: with its exit code, null for a signal, and how long it took. */
  terminate(withinMs: number): Promise<{ code: number | null; ms: number; inTime: boolean }>
  /** Starts it again after it ended. Rejects with ServerProblem when it is not ready in time. */
  start(): Promise<void>
  /** Memory of the program and all that it started, in bytes; undefined where that cannot be told. */
  memory(): number | undefined
  /** Processor time that they have used so far, in milliseconds; undefined where that cannot be told. */
  cpu(): number | undefined
  /** Ends all of it; nothing is left. */
  close(): Promise<void>
}

export interface ServerOptions {
  /** A program and its arguments, or a line for the shell. */
  command: readonly [string, ...string[]] | string
  /** On top of this process's environment; `PORT` and `HOST` are set. `undefined` takes a variable away. */
  env?: Record<string, string | undefined>
  cwd?: string
  /** By default a free one. */
  port?: number
  history?: History
  /** Its name in the history. */
  name?: string
}

/** The server cannot be used; the message is one line for the person who started the run. */
export class ServerProblem extends Error {}

/** How long it may take until `PORT` answers, in milliseconds: on a busy machine a start is slow. */
const READY_WITHIN_MS = 90_000
/** But whoever does nothing for so long, in milliseconds, is not starting. */
const IDLE_MS = 12_000
/** So little processor time is nothing, in milliseconds. */
const IDLE_CPU_MS = 50
const LAST_WORDS = 20

const groups = new Set<number>()
process.once('exit', () => {
  for (const group of groups) signalGroup(group, 'SIGKILL')
})

/** Starts a server and waits until its port answers. Rejects with ServerProblem. The caller must `close()` it. */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const { command, env, cwd, history, name = 'server' } = options
  const port = options.port ?? (await freePort())
  const words: string[] = []
  let group: number | undefined
  let ended: Promise<number | null> = Promise.resolve(null)

  async function start(): Promise<void> {
    const started = launch(command, { ...env, PORT: String(port), HOST: '127.0.0.1' }, cwd, words)
    group = started.pid
    if (group !== undefined) groups.add(group)
    ended = new Promise((resolve) => {
      started.once('error', (error) => {
        words.push(error.message)
        resolve(null)
      })
      started.once('exit', resolve)
    })
    await untilReady(port, group, ended, words).catch(async (problem) => {
      await server.close()
      throw problem
    })
    history?.add(name, 'started')
  }

  async function gone(): Promise<void> {
    if (group === undefined) return
    signalGroup(group, 'SIGKILL')
    await ended
    // What was killed is gone in an instant; but nothing waits for ever for what the system does not let go of.
    for (let tries = 0; tries < 200 && isGroupAlive(group); tries++) await sleep(10)
    groups.delete(group)
    group = undefined
  }

  const server: ServerProcess = {
    port,
    url: `http://localhost:${port}`,
    lastWords: () => words.slice(-LAST_WORDS),
    isRunning: () => group !== undefined && isGroupAlive(group),
    async kill() {
      history?.add(name, 'killed')
      await gone()
    },
    async terminate(withinMs) {
      history?.add(name, 'terminated')
      const began = performance.now()
      if (group !== undefined) signalGroup(group, 'SIGTERM')
      const code = await Promise.race([ended, sleep(withinMs, 'late' as const)])
      const ms = Math.round(performance.now() - began)
      return code === 'late' ? { code: null, ms, inTime: false } : { code, ms, inTime: true }
    },
    start,
    memory: () => (group === undefined ? undefined : groupMemory(group)),
    cpu: () => (group === undefined ? undefined : groupCpu(group)),
    close: gone,
  }
  await start()
  return server
}

function launch(
  command: ServerOptions['command'],
  env: Record<string, string | undefined>,
  cwd: string | undefined,
  words: string[],
): ChildProcess {
  const isLine = typeof command === 'string'
  // A shell that is asked to end (with the whole group) waits for what it has started, and ends with its exit code.
  const prefix = process.platform === 'win32' ? '' : 'trap : TERM\n'
  const [file, ...args] = isLine ? [prefix + command] : command
  // A process group of its own: what it starts ends with it.
  const child = spawn(file, args, {
    cwd,
    env: { ...process.env, ...env },
    shell: isLine,
    detached: process.platform !== 'win32',
    windowsHide: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      words.push(...text.split('\n').filter((line) => line.trim() !== ''))
      words.splice(0, words.length - LAST_WORDS)
    })
  }
  return child
}

async function untilReady(
  port: number,
  group: number | undefined,
  ended: Promise<number | null>,
  words: string[],
): Promise<void> {
  const said = () => (words.length > 0 ? `; it said: ${words.at(-1)}` : '')
  let exit: { code: number | null } | undefined
  void ended.then((code) => {
    exit = { code }
  })
  const began = performance.now()
  const isIdle = watchIdle(group)
  while (!(await isListening(port))) {
    if (exit)
      throw new ServerProblem(
        `the start command ended (exit code ${exit.code}) before PORT answered${said()}`,
      )
    const ms = performance.now() - began
    if (isIdle() || ms > READY_WITHIN_MS) {
      throw new ServerProblem(
        `the start command runs, but nothing listens on PORT (${port}) of 127.0.0.1 after ${Math.round(ms / 1_000)} s${said()}`,
      )
    }
    await sleep(25)
  }
}

/** Says whether this group has used next to no processor time for a while; never where that cannot be told. */
function watchIdle(group: number | undefined): () => boolean {
  let [since, used] = [performance.now(), 0]
  return () => {
    if (group === undefined || performance.now() - since < IDLE_MS) return false
    const now = groupCpu(group) ?? Number.POSITIVE_INFINITY
    const isIdle = now - used < IDLE_CPU_MS
    since = performance.now()
    used = now
    return isIdle
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: 'localhost', port })
      .once('connect', () => {
        socket.destroy()
        resolve(true)
      })
      .once('error', () => resolve(false))
  })
}
