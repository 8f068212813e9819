import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

type RedisProcess = ChildProcessByStdio<Writable, Readable, null>

const START_TIMEOUT_MS = 10_000
const PORT_ATTEMPTS = 5

/**
 * Runs `redis-server` so that it cannot outlive its parent: standard input is a pipe from the parent, and when that
 * closes, because the parent closed it or died in whatever way, the shell ends Redis. SIGKILL, since with nothing to
 * save there is nothing to say goodbye for, and since it also ends a Redis that hangs.
 *
 * The first line of that pipe is the password. Redis reads it from its own standard input (`-`): what stands on a command
 * line, every user of the machine can read.
 */
const TIED_TO_PARENT = `
exec 3<&0
IFS= read -r password <&3
printf 'requirepass %s\\n' "$password" | "$@" - 2>&1 3<&- & redis=$!
{ read -r _; kill -KILL "$redis"; } <&3 >/dev/null 2>&1 & watcher=$!
exec 3<&-
wait "$redis"; status=$?
kill "$watcher" 2>/dev/null
exit "$status"`

/** Path of the `redis-server` program, or undefined if there is none on the PATH. */
export function findRedisServer(): string | undefined {
  if (process.platform === 'win32') return undefined // no `sh` to tie it to its parent
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  return folders.map((folder) => join(folder, 'redis-server')).find(isExecutable)
}

/**
 * Starts the program on 127.0.0.1, without persistence. Port 0 means a free one: it is found by asking the system,
 * and if another process takes it first, the next one is tried. `close()` stops it and is fine to call twice.
 * Rejects with Redis's own words if it does not start.
 */
export async function startRedisServer(
  program: string,
  port: number,
  password: string,
): Promise<{ port: number; close(): Promise<void> }> {
  for (let attempt = 1; ; attempt++) {
    const chosenPort = port === 0 ? await findFreePort() : port
    const child = launch(program, chosenPort, password)
    const exited = new Promise<void>((resolve) => child.once('close', () => resolve()))
    const problem = await waitUntilReady(child)
    if (problem === undefined) {
      return {
        port: chosenPort,
        async close() {
          child.stdin.end()
          await exited
        },
      }
    }
    child.stdin.end()
    await exited
    if (port !== 0 || attempt === PORT_ATTEMPTS) throw new Error(`redis-server did not start: ${problem}`)
  }
}

function launch(program: string, port: number, password: string): RedisProcess {
  // A name that no file has: Redis would load an existing snapshot of that name.
  const files = ['--dir', tmpdir(), '--dbfilename', `${randomUUID()}.rdb`, '--save', '', '--appendonly', 'no']
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--daemonize', 'no', ...files]
  // Detached: Ctrl-C in the terminal goes to the whole group, and Redis must not go before those who use it.
  const child = spawn('sh', ['-c', TIED_TO_PARENT, 'redis-server', program, ...args], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  })
  child.stdin.on('error', () => child.stdin.destroy()) // the pipe breaks when Redis ends by itself
  child.once('exit', () => child.stdin.destroy())
  child.stdin.write(`${password}\n`)
  return child
}

/** Resolves with undefined when Redis says that it accepts connections, with its last words if it never does. */
function waitUntilReady(child: RedisProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => settle(`not ready within ${START_TIMEOUT_MS} ms`), START_TIMEOUT_MS)
    let log = ''
    function readLog(chunk: Buffer): void {
      log += chunk.toString()
      if (log.includes('Ready to accept connections')) settle(undefined)
    }
    function settle(problem: string | undefined): void {
      clearTimeout(timer)
      child.stdout.off('data', readLog).resume() // a full pipe would stop Redis
      resolve(problem)
    }
    child.stdout.on('data', readLog)
    child.once('error', (problem) => settle(problem.message))
    child.once('close', () => settle(lastLine(log)))
  })
}

/** Without the process id, the date and the level that precede each line of Redis's log. */
function lastLine(log: string): string {
  const line = log.trimEnd().split('\n').at(-1) ?? ''
  return line.replace(/^\d+:\w .*? [#*.-] /, '')
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
