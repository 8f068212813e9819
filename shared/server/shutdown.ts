import { SHUTDOWN } from '../dev/goodbye.js'

/** How long an orderly shutdown may take. Container platforms kill after 10 s; design: exit within 5 s. */
const DEADLINE_MS = 4_000

let shuttingDown = false

/** Whether this process is ending: what it breaks off itself by then is no failure. */
export const isShuttingDown = (): boolean => shuttingDown

/**
 * Calls `close` once on SIGINT, SIGTERM or SIGHUP, when the process that started this one says so by message (Windows
 * knows no signals) or is gone, and exits with code 0 when it is done, or when the deadline passes: something that
 * hangs must not hold the process.
 */
export function onShutdown(close: () => Promise<void>): void {
  let closing = false
  const shutdown = async () => {
    if (closing) return
    closing = true
    shuttingDown = true
    setTimeout(() => process.exit(0), DEADLINE_MS).unref()
    await close().catch((error: unknown) => console.error(`Closing failed: ${error}`))
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, shutdown)
  process.on('message', (message) => {
    if (message === SHUTDOWN) void shutdown()
  })
  process.on('disconnect', shutdown)
  if (process.connected === false) void shutdown() // gone before we could listen
}
