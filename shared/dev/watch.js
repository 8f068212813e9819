import { fork } from 'node:child_process'
import path from 'node:path'
import { sayGoodbye } from './goodbye.js'
import { isSource, kindOfSource } from './sources.js'
import { runner } from './typescript.js'

/** A signal so soon after the first is the same Ctrl-C: the terminal sends it to everyone, and npm passes it on. */
const SAME_KEY_MS = 500
/** An editor writes a file in several steps. */
const BURST_MS = 50

/**
 * Runs a TypeScript program as a child process and starts it anew when one of its files in `folders` changes.
 *
 * Unlike `node --watch`, it ends with the program's own exit code when the program refuses to start (a taken port,
 * a bad setting), and passes SIGINT, SIGTERM and SIGHUP on, so that the exit code of a stop is the program's, too.
 * A program that says `process.send({ restarts: true })` is sent `{ restart: version }` instead, and starts anew what it
 * has to; if a file in its folder `dev/` has changed, it is started anew itself.
 *
 * @param {string} script
 * @param {{ folders?: string[], onChange?: () => void }} [options] `onChange` is called when any source has changed, the
 *   page's too.
 */
export function watchProgram(script, { folders = [], onChange } = {}) {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let child
  let everReady = false
  let restartsItself = false
  /** @type {'running' | 'restarting' | 'stopping'} */
  let state = 'running'
  /** @type {NodeJS.Signals | undefined} */
  let stopSignal
  let stoppedAt = 0
  let starts = 0
  // The pages of several instances ask for it: another number means other sources (see page.ts).
  const nextVersion = () => `${process.pid}.${starts++}`

  const start = () => {
    state = 'running'
    child = fork(runner, [script], { env: { ...process.env, SOURCES_VERSION: nextVersion() }, execArgv: [] })
    child.once('message', (message) => {
      everReady = true
      restartsItself = message instanceof Object && 'restarts' in message
    })
    child.once('exit', (code, signal) => {
      child = undefined
      restartsItself = false
      if (state === 'restarting') return start()
      // Stopped while it was still loading, it cannot have listened for the signal: an orderly stop all the same.
      if (signal !== null && signal === stopSignal) process.exit(0)
      if (state === 'stopping' || !everReady) process.exit(code ?? 1)
      console.error(`Stopped by itself (${signal ?? `exit code ${code}`}). Save a file to start it again.`)
    })
  }

  const restart = (/** @type {'server' | 'runner'} */ kind) => {
    if (state !== 'running') return
    if (!child) return start()
    if (restartsItself && kind === 'server') return void child.send({ restart: nextVersion() })
    state = 'restarting'
    sayGoodbye(child)
  }

  const stop = (/** @type {NodeJS.Signals} */ signal) => {
    if (state === 'stopping') {
      // A second Ctrl-C, from someone who will not wait.
      if (Date.now() - stoppedAt > SAME_KEY_MS) child?.kill('SIGKILL')
      return
    }
    state = 'stopping'
    stopSignal = signal
    stoppedAt = Date.now()
    if (!child) process.exit(0)
    sayGoodbye(child, signal)
  }

  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.on(signal, () => stop(signal))
  start()
  void watchSources(folders, (kind) => {
    onChange?.()
    if (kind !== 'page') restart(kind)
  })
}

/**
 * Calls `changed` once for each burst of changes to sources in `folders` (see kindOfSource), with what has to follow.
 * Chokidar, not Node's own `watch`: up to Node 24 that one loses a file which an editor or git replaces by a new one.
 *
 * @param {string[]} folders
 * @param {(kind: 'server' | 'runner' | 'page') => void} changed
 */
async function watchSources(folders, changed) {
  if (folders.length === 0) return
  const { watch } = await import('chokidar')
  /** @type {NodeJS.Timeout | undefined} */
  let pending
  /** @type {Set<'server' | 'runner' | 'page'>} */
  const touched = new Set()
  const tell = () => {
    changed(touched.has('runner') ? 'runner' : touched.has('server') ? 'server' : 'page')
    touched.clear()
  }
  for (const folder of folders) {
    const ignored = (/** @type {string} */ file) => !isSource(path.relative(folder, file))
    const watcher = watch(folder, { ignored, ignoreInitial: true })
    watcher.on('all', (_event, file) => {
      const kind = kindOfSource(path.relative(folder, file))
      if (!kind) return
      touched.add(kind)
      clearTimeout(pending)
      pending = setTimeout(tell, BURST_MS)
    })
    watcher.on('error', (error) => console.error(`${folder} is not watched for changes: ${error}`))
  }
}
