/** What a process says to one that it started, where there are no signals. */
export const SHUTDOWN = 'shutdown'

/**
 * Asks a process that was forked from this one to end in order: by a signal, or by a message on Windows, where a signal
 * would end it at once. See onShutdown for the other side.
 *
 * @param {Pick<import('node:child_process').ChildProcess, 'kill' | 'send' | 'connected'>} child
 * @param {NodeJS.Signals} [signal]
 * @param {NodeJS.Platform} [platform]
 */
export function sayGoodbye(child, signal = 'SIGTERM', platform = process.platform) {
  if (platform === 'win32' && child.connected) child.send(SHUTDOWN)
  else child.kill(signal)
}
