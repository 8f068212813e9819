import { type Env, StartError, setting } from './config.ts'

const levels = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof levels)[number]

/** Where a level says what happens. Never hand it a token, a cookie or a password. */
export type Log = Record<'debug' | 'info' | 'warn' | 'error', (message: string) => void>

/** Writes one line a message, with the time, to standard output (warnings and errors: standard error). */
export function createLog(threshold: LogLevel = 'info'): Log {
  const at = (level: LogLevel, write: (line: string) => void) => (message: string) => {
    if (levels.indexOf(level) < levels.indexOf(threshold)) return
    // A name or a header in a message must not be able to forge a second line.
    write(`${new Date().toISOString().slice(11, 23)} ${level} ${message.replace(/[\r\n]+/g, ' ')}`)
  }
  return {
    debug: at('debug', console.log),
    info: at('info', console.log),
    warn: at('warn', console.error),
    error: at('error', console.error),
  }
}

/** `LOG_LEVEL`: debug, info (default), warn, error or silent. Throws StartError for any other word. */
export function readLogLevel(env: Env): LogLevel {
  const text = env.LOG_LEVEL || 'info'
  const level = levels.find((known) => known === text)
  if (level) return level
  throw new StartError(
    `LOG_LEVEL must be one of ${levels.join(', ')}, not "${text}": try ${setting('LOG_LEVEL', 'info')}`,
  )
}
