import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { runner, typescriptArguments } from '../dev/typescript.js'
import { signalGroup } from './process-group.ts'

/** The root of the repository. */
export const root = path.join(import.meta.dirname, '..', '..')

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

/** A program of this repository, running as a process of its own. */
export interface Program {
  readonly pid: number
  /** Resolves when it has ended. */
  readonly exit: Promise<Exit>
  /** What it has written so far. */
  stdout(): string
  stderr(): string
  /** The first match of `pattern` on its standard output. Rejects, with all it wrote, when it ends before. */
  printed(pattern: RegExp): Promise<RegExpMatchArray>
  /** The first URL it prints. */
  url(): Promise<string>
  /** Signals the process itself, not those it started. */
  kill(signal: NodeJS.Signals): void
  /** Ends it at once with everything it started; does nothing when all of it has ended. */
  stop(): Promise<void>
}

export interface ProgramOptions {
  /** On top of this process's environment; `undefined` takes a variable away. */
  env?: Record<string, string | undefined>
  /** The folder to run in; the repository by default. */
  cwd?: string
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) killGroup(child)
})

/**
 * Runs a file of the repository, with its arguments, as the npm scripts do. The bench imports more TypeScript by name
 * while it runs, which a compiled program cannot.
 */
export function startProgram([file = '', ...args]: string[], options: ProgramOptions = {}): Program {
  const importsByName = /[\\/]cli[\\/]bench\.ts$/.test(file)
  const before = importsByName ? typescriptArguments : file.endsWith('.ts') ? [runner] : []
  return startCommand(process.execPath, [...before, file, ...args], options)
}

/** Runs any command. The caller must `stop()` it. */
export function startCommand(
  command: string,
  args: string[],
  { env, cwd = root }: ProgramOptions = {},
): Program {
  // A process group of its own, so that all that it starts can be ended with it.
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    detached: process.platform !== 'win32', // there it would open a window, and has no groups
    windowsHide: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const exit = new Promise<Exit>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      resolve({ code, signal })
    })
  })

  const printed = (pattern: RegExp) =>
    new Promise<RegExpMatchArray>((resolve, reject) => {
      const look = () => {
        const match = stdout.match(pattern)
        if (!match) return false
        child.stdout.off('data', look)
        resolve(match)
        return true
      }
      if (look()) return
      child.stdout.on('data', look)
      exit.then(({ code, signal }) => {
        reject(new Error(`Ended with ${signal ?? code} before it printed ${pattern}:\n${stdout}${stderr}`))
      }, reject)
    })

  return {
    pid: child.pid ?? 0,
    exit,
    stdout: () => stdout,
    stderr: () => stderr,
    printed,
    url: async () => (await printed(/https?:\/\/[^\s]+/))[0],
    kill: (signal) => {
      child.kill(signal)
    },
    async stop() {
      killGroup(child)
      await exit
      running.delete(child)
    },
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) signalGroup(pid, 'SIGKILL')
}
