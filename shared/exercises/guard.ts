/**
 * Runs a learner's program, for program.ts: tells the check when its file is loaded and what ended it, answers when it
 * is asked whether the program still turns, and ends with the check. It changes nothing else of what the program does.
 */
import { pathToFileURL } from 'node:url'

/** What the program tells the check over its IPC channel. */
export type FromProgram = { loaded: true } | { turning: true } | { crash: Crash }

export interface Crash {
  /** The error with its stack, as Node prints it. */
  stack: string
  code?: string
  /** For EADDRINUSE. */
  port?: number
  /** An error that was thrown, or a promise that was rejected and that nobody listened to. */
  origin: 'uncaughtException' | 'unhandledRejection'
}

process.on('uncaughtExceptionMonitor', (error: NodeJS.ErrnoException & { port?: number }, origin) => {
  const stack = error?.stack ?? String(error)
  process.send?.({ crash: { stack, code: error?.code, port: error?.port, origin } } satisfies FromProgram)
})

process.on('message', (message) => {
  if (message === 'turning?') process.send?.({ turning: true } satisfies FromProgram)
  // Where there are no signals (Windows), a polite stop comes as a message.
  if (message === 'SIGTERM') process.emit('SIGTERM')
})
process.on('disconnect', () => process.exit())
// The program must be able to end although somebody listens to it.
process.channel?.unref()

// As if Node had been started with the file itself. In check-process.ts, which has another first argument, nothing.
const [, guard, file] = process.argv
if (guard === import.meta.filename && file !== undefined) {
  process.argv.splice(1, 1)
  process.setSourceMapsEnabled(true) // errors name the lines of the learner's file
  await import(pathToFileURL(file).href)
  process.send?.({ loaded: true } satisfies FromProgram)
}
