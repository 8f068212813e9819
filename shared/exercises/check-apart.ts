import { fork } from 'node:child_process'
import path from 'node:path'
import { typescriptArguments } from '../dev/typescript.js'
import type { Outcome } from './attempt.ts'
import type { Exercise } from './exercise.ts'
import { explainCrash } from './explain.ts'
import type { Crash } from './guard.ts'

/** How often a check is asked whether it still turns, in milliseconds. */
const ASK_MS = 2_000
/** So many silences mean a loop that never ends; a loaded machine is silent for some. */
const SILENCES = 6

export interface Check {
  /** Undefined when it was stopped. */
  outcome: Promise<Outcome | undefined>
  /** Ends it and every program it started. */
  stop(): void
}

/** Tries a file apart from this process, which stays awake whatever the file does. */
export function checkApart(exercise: Exercise, file: string, shown: string): Check {
  const child = fork(path.join(import.meta.dirname, 'check-process.ts'), [exercise.id, file, shown], {
    execArgv: typescriptArguments,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed = (printed + text).slice(-20_000)
    })
  }
  let stopped = false
  let silent = 0
  /** It loads first, which takes long on a busy machine, and hears nothing meanwhile. */
  let isLoaded = false
  let sentence = `${shown} ended the check. Does it call process.exit? A page cannot end its browser.`
  const asking = setInterval(() => {
    if (!isLoaded) return
    silent++
    if (silent > SILENCES) {
      sentence = `${shown} is busy and does nothing else any more. A loop that never ends? While it runs, no message can arrive.`
      child.kill('SIGKILL')
    } else if (child.connected) child.send('turning?')
  }, ASK_MS)
  child.on('error', () => undefined) // asked in the moment in which it ended

  const outcome = new Promise<Outcome | undefined>((resolve) => {
    child.on('message', (message: { turning: true } | { crash: Crash } | { outcome: Outcome }) => {
      silent = 0
      isLoaded = true
      if ('crash' in message) sentence = explainCrash(message.crash, file, shown)
      if ('outcome' in message) {
        resolve({ ...message.outcome, printed: message.outcome.printed + printed })
      }
    })
    child.once('close', () => {
      clearInterval(asking)
      resolve(stopped ? undefined : { ok: false, ms: 0, sentence, seen: [], printed })
    })
  })
  return {
    outcome,
    stop() {
      stopped = true
      // Its programs end when it does: see guard.ts.
      if (child.connected) child.disconnect()
      setTimeout(() => child.kill('SIGKILL'), 1_000).unref()
    },
  }
}
