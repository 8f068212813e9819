import { type ChildProcess, fork } from 'node:child_process'
import { on } from 'node:events'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { compile } from '../dev/compile.js'
import { answers, freePort } from '../dev/ports.ts'
import { typescriptArguments } from '../dev/typescript.js'
import { explainCrash } from './explain.ts'
import type { FromProgram } from './guard.ts'
import { Mistake } from './mistake.ts'
import { noteStart, patience } from './patience.ts'

const GUARD = path.join(import.meta.dirname, 'guard.ts')

/** What is started in place of a file: what compile.ts has made of it beforehand, for plain Node. */
export const startsAs = new Map<string, { guard: string; file: string }>()

const LOADING_MS = 14_000
/** How long it may take from then on until it listens, in milliseconds. */
const LISTENING_MS = 4_000
/** How long it may take to say that it still does what comes up, in milliseconds. */
const TURNING_MS = 3_000

/** A learner's program that runs and listens. */
export interface Program {
  readonly port: number
  /** `http://127.0.0.1:4711`. */
  readonly url: string
  readonly pid: number
  /** Resolves when it has ended, with what it ended with. */
  readonly exit: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  /** Rejects with a Mistake when it ends by itself. */
  readonly endedByItself: Promise<never>
  /** Resolves when it has done what had come up by now, or has ended; or after some seconds, if it is stuck. */
  settled(): Promise<void>
  /** What it printed so far. */
  output(): string
  /** Asks it to end (SIGTERM; by message where there are no signals). */
  stop(): void
  /** kill -9. Resolves when it is gone. */
  kill(): Promise<void>
}

export interface StartOptions {
  /** On top of this process's own; PORT is set. */
  env?: Record<string, string>
  /** A free one by default. */
  port?: number
  /** How long it may take to load, in milliseconds; on a machine that is busy that is long. */
  loadingMs?: number
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/**
 * Starts a learner's program and resolves when something listens on its port of 127.0.0.1.
 * Rejects with a Mistake that says what is wrong when it ends before, or nothing ever listens there.
 */
export async function startProgram(
  file: string,
  shown: string,
  { env = {}, port, loadingMs = LOADING_MS }: StartOptions = {},
): Promise<Program> {
  const given = port ?? (await freePort())
  const compiled = startsAs.get(file) ?? (await compiledFor(file))
  const child = fork(compiled?.guard ?? GUARD, [compiled?.file ?? file], {
    execArgv: compiled ? [] : typescriptArguments,
    env: { ...withoutOurs(process.env), ...env, PORT: String(given) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  running.add(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-20_000)
    })
  }
  let crash: string | undefined
  child.on('message', (message: FromProgram) => {
    if ('crash' in message) crash = explainCrash(message.crash, file, shown)
  })
  child.on('error', () => undefined) // a message to a program that has ended
  let asked = false
  const exit = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('close', (code, signal) => {
      running.delete(child)
      resolve({ code, signal })
    })
  })
  const endedByItself = exit.then(({ code, signal }) => {
    if (asked) return new Promise<never>(() => undefined)
    throw new Mistake(crash ?? describeEnd(shown, code, signal, output))
  })
  endedByItself.catch(() => undefined) // whoever waits for something else hears of it by attempt.ts

  const program: Program = {
    port: given,
    url: `http://127.0.0.1:${given}`,
    pid: child.pid ?? 0,
    exit,
    endedByItself,
    async settled() {
      await Promise.race([isTurning(child), exit])
    },
    // What Node prints of a crash is told in words already.
    output: () =>
      crash === undefined ? output : (output.split(/^\S*(?:node:internal|\.ts:\d+$)/m)[0] ?? ''),
    stop() {
      asked = true
      if (process.platform === 'win32') child.send('SIGTERM')
      else child.kill('SIGTERM')
    },
    async kill() {
      asked = true
      child.kill('SIGKILL')
      await exit
    },
  }
  const begin = performance.now()
  try {
    await Promise.race([listening(child, given, shown, loadingMs), endedByItself])
  } catch (error) {
    await program.kill()
    throw error
  }
  noteStart(performance.now() - begin)
  return program
}

/**
 * What plain Node starts in place of the file, where Node does not run TypeScript by itself: a third of the time of a start
 * through tsx. Undefined for a file that cannot be compiled: tsx tells what is wrong with it.
 */
async function compiledFor(file: string): Promise<{ guard: string; file: string } | undefined> {
  if (typescriptArguments.length === 0) return undefined
  try {
    const [guard, program] = await Promise.all([compile(GUARD), compile(file)])
    return guard && program ? { guard, file: program } : undefined
  } catch {
    return undefined
  }
}

/** Resolves when the port answers. Rejects with a Mistake when it does not in time, with what the reason may be. */
async function listening(child: ChildProcess, port: number, shown: string, loadingMs: number): Promise<void> {
  const begin = Date.now()
  let loadedAt: number | undefined
  child.on('message', (message: FromProgram) => {
    if ('loaded' in message) loadedAt = Date.now()
  })
  let limitMs = loadingMs
  let turns: boolean | undefined
  const isOver = () =>
    loadedAt === undefined
      ? Date.now() - begin > limitMs
      : Date.now() - loadedAt > Math.max(patience(LISTENING_MS), loadedAt - begin)
  while (!(await answers(port))) {
    await sleep(loadedAt === undefined ? 40 : 10) // each look takes time from the program that loads
    if (!isOver()) continue
    turns = await isTurning(child)
    if (!turns || loadedAt !== undefined || limitMs > loadingMs) break
    // Still loading, on a machine that is busy with other things: it gets as much time again, twice.
    limitMs = 3 * loadingMs
  }
  if (turns === undefined || (await answers(port))) return
  if (turns && loadedAt === undefined) {
    throw new Mistake(
      `${shown} waits for something before it listens, and it never comes. An await at its top does that. Does it connect where MONGODB_URI (and REDIS_URL) say?`,
    )
  }
  if (turns) {
    throw new Mistake(
      `${shown} runs, and nothing listens on port ${port} of 127.0.0.1. It must listen on Number(process.env.PORT).`,
    )
  }
  throw new Mistake(
    `${shown} started, is busy, and does not listen on PORT. A loop that never ends? Nothing else can run until it does.`,
  )
}

/** Whether it answers in time: then it is in no loop, and no error is ending it. */
async function isTurning(child: ChildProcess): Promise<boolean> {
  // What cannot be sent any more is no answer either: whoever waits for the end hears of it.
  if (child.connected) child.send('turning?', () => undefined)
  try {
    for await (const [message] of on(child, 'message', {
      signal: AbortSignal.timeout(patience(TURNING_MS)),
    })) {
      if ('turning' in (message as FromProgram)) return true
    }
  } catch {
    // No answer in time.
  }
  return false
}

function describeEnd(
  shown: string,
  code: number | null,
  signal: NodeJS.Signals | null,
  output: string,
): string {
  const end = signal === null ? `with exit code ${code}` : `by ${signal}`
  const last = output.trim().split('\n').at(-1)
  return `${shown} ended by itself, ${end}, and a server must go on. ${last ? `The last thing it printed: ${last}` : 'It printed nothing. A server goes on as long as it listens.'}`
}

/** Without what belongs to vitest or to a level of ours: a learner's program gets what its exercise says, and no more. */
function withoutOurs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NODE_OPTIONS, NODE_ENV, HOST, MONGODB_URI, REDIS_URL, JWT_SECRET, VITEST, ...rest } = env
  return rest
}
