import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

/** A lock without content: its owner is just writing it, or could not. It gets this long. */
const WRITING_MS = 500

/**
 * Takes the data directory for this process, making it if need be, and returns the function that gives it back. A lock
 * left by a process that died is taken over. Throws when another server has the directory, or it cannot be used.
 */
export async function lockDirectory(directory: string): Promise<() => void> {
  const lock = join(directory, 'mongo.lock')
  try {
    makeDirectory(resolve(directory))
    const own = `${process.pid} ${startOf(process.pid)}`
    if (!take(lock, own)) {
      const found = await contentOf(lock)
      if (isAlive(found)) throw new InUse(directory, found)
      discard(lock, found, directory)
      if (!take(lock, own)) throw new InUse(directory, await contentOf(lock))
    }
  } catch (cause) {
    if (cause instanceof InUse) throw cause
    const reason = cause instanceof Error ? cause.message : cause
    throw new Error(
      `The data directory ${directory} cannot be used: ${reason}. Set DATA_DIR to one that can be written.`,
      { cause },
    )
  }
  return () => rmSync(lock, { force: true })
}

// Not `recursive: true`: below /proc, where nothing can be made, Node then tries for ever.
function makeDirectory(directory: string): void {
  if (existsSync(directory)) return
  makeDirectory(dirname(directory))
  try {
    mkdirSync(directory)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error // another process was faster
  }
}

class InUse extends Error {
  constructor(directory: string, mark: string) {
    const [id] = mark.split(' ')
    super(
      `The data directory ${directory} is in use by another embedded MongoDB (process ${id}). Stop it, or set DATA_DIR to another directory.`,
    )
  }
}

// O_EXCL ("x"): exactly one of several processes makes the file, on every system and file system.
function take(lock: string, mark: string): boolean {
  try {
    writeFileSync(lock, mark, { flag: 'wx' })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    rmSync(lock, { force: true }) // perhaps made, but not written: the disk is full
    throw error
  }
}

async function contentOf(lock: string): Promise<string> {
  for (const end = Date.now() + WRITING_MS; ; await wait(10)) {
    try {
      const content = readFileSync(lock, 'utf8')
      if (content !== '' || Date.now() > end) return content
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return '' // its owner has just ended
      throw error
    }
  }
}

// Moves a dead lock away. Another process may have done so first and put its own there: that goes back.
function discard(lock: string, expected: string, directory: string): void {
  const aside = `${lock}.${process.pid}`
  try {
    renameSync(lock, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  const found = readFileSync(aside, 'utf8')
  rmSync(aside, { force: true })
  if (found === expected) return
  take(lock, found)
  throw new InUse(directory, found)
}

// A process id is used again after a while, so a lock also names when its process started (where known).
function isAlive(mark: string): boolean {
  const [id = '', start = ''] = mark.split(' ')
  if (!/^[1-9]\d*$/.test(id)) return false // damaged
  try {
    process.kill(Number(id), 0)
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false
  }
  return start === startOf(Number(id))
}

// From /proc/<pid>/stat: field 22, the start time in clock ticks since boot. Field 3 is the state, and one that has
// ended stays there as a zombie until its parent asks after it.
function startOf(id: number): string {
  if (process.platform !== 'linux') return ''
  try {
    const fields = readFileSync(`/proc/${id}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return fields[0] === 'Z' ? 'ended' : (fields[19] ?? '')
  } catch {
    return '' // it has ended meanwhile
  }
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : undefined)
