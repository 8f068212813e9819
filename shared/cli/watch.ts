import { type ChildProcess, fork } from 'node:child_process'
import { watch } from 'node:fs'

/** A signal so soon after the first is the same Ctrl-C: the terminal sends it to everyone, and npm passes it on. */
const SAME_KEY_MS = 500

/**
 * Runs a TypeScript program as a child process and starts it anew when a file in `folders` changes.
 *
 * Unlike `node --watch`, it ends with the program's own exit code when the program refuses to start (a taken port,
 * a bad setting), and passes SIGINT, SIGTERM and SIGHUP on, so that the exit code of a stop is the program's, too.
 */
export function watchProgram(script: string, folders: string[]): void {
  let child: ChildProcess | undefined
  let everReady = false
  let state: 'running' | 'restarting' | 'stopping' = 'running'
  let stopSignal: NodeJS.Signals | undefined
  let stoppedAt = 0

  const start = () => {
    state = 'running'
    child = fork(script, { execArgv: ['--import', 'tsx'] })
    child.once('message', () => {
      everReady = true
    })
    child.once('exit', (code, signal) => {
      child = undefined
      if (state === 'restarting') return start()
      // Stopped while it was still loading, it cannot have listened for the signal: an orderly stop all the same.
      if (signal !== null && signal === stopSignal) process.exit(0)
      if (state === 'stopping' || !everReady) process.exit(code ?? 1)
      console.error(`Stopped by itself (${signal ?? `exit code ${code}`}). Save a file to start it again.`)
    })
  }

  const restart = () => {
    if (state !== 'running') return
    if (!child) return start()
    state = 'restarting'
    child.kill('SIGTERM')
  }

  const stop = (signal: NodeJS.Signals) => {
    if (state === 'stopping') {
      // A second Ctrl-C, from someone who will not wait.
      if (Date.now() - stoppedAt > SAME_KEY_MS) child?.kill('SIGKILL')
      return
    }
    state = 'stopping'
    stopSignal = signal
    stoppedAt = Date.now()
    if (!child) process.exit(0)
    child.kill(signal)
  }

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal))
  start()
  onChange(folders, restart)
}

/** Calls `changed` once for each burst of changes to a TypeScript file in `folders`. */
function onChange(folders: string[], changed: () => void): void {
  let pending: NodeJS.Timeout | undefined
  for (const folder of folders) {
    const watcher = watch(folder, { recursive: true }, (_event, file) => {
      if (!file?.endsWith('.ts')) return
      // An editor writes a file in several steps; wait until it is done.
      clearTimeout(pending)
      pending = setTimeout(changed, 100)
    })
    watcher.on('error', (error) => console.error(`${folder} is not watched for changes: ${error.message}`))
  }
}
